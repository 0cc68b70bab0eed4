-- People who sign in to the console: what they are, their passwords, their logins, and links that set a password.

alter table app_user
  add column role text not null default 'agent',       -- admin, supervisor, viewer, agent
  add column disabled_at timestamptz,                   -- may not sign in since
  add column password_hash text,                        -- Argon2id; null = cannot sign in with one
  add column openid_subject text;                       -- who they are at the company's own sign-in
create unique index app_user_openid on app_user (account_id, openid_subject) where openid_subject is not null;

create or replace view present_user as
  select id, uuid, account_id, name, email, created_at, role, disabled_at, password_hash is not null as has_password
  from app_user where removed_at is null;

-- Of the word that a browser keeps only the hash is stored.
create table login (
  token_hash bytea primary key,
  user_id    int not null references app_user on delete cascade,
  began_at   timestamptz not null,
  seen_at    timestamptz not null
);
create index login_of_user on login (user_id);

create table login_link (
  token_hash bytea primary key,
  account_id int not null references account,
  user_id    int references app_user on delete cascade, -- null: it makes the account's first admin
  expires_at timestamptz not null,
  signs_in   boolean not null                           -- no password is asked for
);
create index login_link_of_user on login_link (user_id);
