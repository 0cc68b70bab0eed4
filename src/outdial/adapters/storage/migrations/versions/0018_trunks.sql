-- Trunks and Asterisks: what the engine that dials told of them last, and what people want of them. They belong to the
-- installation, and to no account.

create table trunk (
  uuid       uuid primary key,
  name       text not null unique,
  drained    boolean not null default false,              -- people's wish: it is to get no calls
  place      int not null,                                -- in the engine's file
  trouble    text,                                        -- null = it takes calls
  draining   boolean not null,
  calls      int not null,
  most       int not null,
  per_second float8,                                      -- null = any number
  sign       text,                                        -- its last answer to the question whether it lives
  sign_at    timestamptz,
  heard_at   timestamptz not null
);
