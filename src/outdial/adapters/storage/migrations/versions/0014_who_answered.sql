-- Who answered, where an agent's word says it: detection of machines is measured by it.
alter table disposition add column answered_by text;   -- PERSON, MACHINE; null = the word does not say
