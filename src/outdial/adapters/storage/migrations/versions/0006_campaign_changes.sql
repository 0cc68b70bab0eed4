-- Settings beyond the compatible API, and the audit: who changed what, when, from what to what.

alter table campaign add column extensions jsonb not null default '{}';
