-- What people let programs do in their name: codes that are exchanged once, and refresh tokens. Only hashes are stored.

alter table api_client add column redirect_uris text[] not null default '{}';

create table oauth_grant (
  uuid         uuid primary key,                          -- "sid" of its tokens
  client_id    text not null references api_client on delete cascade,
  user_id      int not null references app_user on delete cascade,
  scopes       text[] not null,
  redirect_uri text not null,
  challenge    text,                                      -- PKCE, S256; null = the program sent none
  created_at   timestamptz not null,
  expires_at   timestamptz not null
);
create index oauth_grant_of_user on oauth_grant (user_id);
create index oauth_grant_expiry on oauth_grant (expires_at);

-- Codes and refresh tokens of a grant; those that were used stay as long as it does, to notice who comes second.
create table oauth_grant_word (
  word_hash  bytea primary key,
  grant_uuid uuid not null references oauth_grant on delete cascade,
  is_code    boolean not null,
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index oauth_grant_word_of on oauth_grant_word (grant_uuid);
