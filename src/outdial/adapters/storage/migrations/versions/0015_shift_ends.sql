-- When an agent means to leave, if they have said so: nobody is called whom they would not be there for.
alter table agent_session add column ends_at timestamptz;
