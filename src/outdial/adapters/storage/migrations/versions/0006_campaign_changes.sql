-- Settings beyond the compatible ones, and the audit of changes.
select 1;
