-- Agents' dispositions.
select 1;
