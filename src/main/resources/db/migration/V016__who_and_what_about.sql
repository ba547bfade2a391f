-- What an operator looks for by name. Runs that name no subject and no user, and do not fail, pay nothing.
create index runs_of_subject on runs (tenant_id, subject, submitted_at desc, id desc) where subject is not null;
create index runs_of_end_user on runs (tenant_id, end_user, submitted_at desc, id desc) where end_user is not null;
create index runs_of_failure on runs (tenant_id, failure_code, submitted_at desc, id desc) where failure_code is not null;
