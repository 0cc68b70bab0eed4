-- How a file is to be read, and whether its import is to be undone.

alter table upload_request
  add column reading jsonb,                               -- null = as the compatible API reads it
  add column cancel_asked_at timestamptz;
