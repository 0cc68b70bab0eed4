-- Agents at work: sessions and what they did.
select 1;
