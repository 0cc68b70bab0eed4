-- Do-not-call lists that bind every campaign of their account.

alter table dnc_list add column account_wide boolean not null default false;
create index dnc_list_account_wide on dnc_list (account_id) where account_wide;

-- The one answer to which lists bind a campaign: its own, and those of the account.
create view campaign_dnc as
  select campaign_id, list_id from campaign_dnc_list
  union all
  select c.id as campaign_id, l.id as list_id from campaign c join dnc_list l on l.account_id = c.account_id
  where l.account_wide;
