-- What uploads and grants need beyond the first schema.
select 1;
