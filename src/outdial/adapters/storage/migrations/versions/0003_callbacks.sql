-- Scheduled callbacks.
select 1;
