-- Teams, and phone agents.
select 1;
