-- Approvals: questions to people about one exact action of one run, and what people decided.

create table approvals (
    tenant_id       uuid        not null,
    id              uuid        not null,
    run_id          uuid        not null,
    lane            text        not null,                   -- the run's, as are the next two: lists ask for them
    conversation_id text,
    end_user        text,
    slot            text        not null,
    action          text        not null,
    title           text        not null,
    description     text,
    args            json        not null,                   -- as they were given; those that were not, are null in JSON
    args_digest     bytea       not null,                   -- SHA-256 of the args in the form of RFC 8785
    delegated       boolean     not null default false,
    status          text        not null default 'pending',
    deadline        timestamptz not null,
    roles           text[],
    users           text[],
    required        integer     not null default 1,
    on_deny         text        not null default 'continue',
    on_expiry       text        not null default 'fail',
    asked_with      uuid[]      not null,                   -- ids of the tenant's keys that claimed the run and asked
    requested_at    timestamptz not null default statement_timestamp(),
    ended_at        timestamptz,
    redeemed_at     timestamptz,
    version         bigint      not null default 1,
    constraint approvals_pk primary key (id, tenant_id),
    constraint approval_status_known check (status in ('pending', 'approved', 'denied', 'expired', 'withdrawn')),
    constraint approval_ended_iff_not_pending check ((status = 'pending') = (ended_at is null)),
    constraint approval_on_deny_known check (on_deny in ('continue', 'fail', 'cancel')),
    constraint approval_on_expiry_known check (on_expiry in ('fail', 'deny', 'approve')),
    constraint approval_redeemed_if_granted check (
        redeemed_at is null or status = 'approved' or (status = 'expired' and on_expiry = 'approve')),
    constraint approval_requires_somebody check (required > 0),
    constraint approval_digest_is_sha256 check (octet_length(args_digest) = 32),
    constraint approval_version_positive check (version > 0)
);

-- A run asks one question at a time; also how its open question is found.
create unique index approval_pending_once on approvals (tenant_id, run_id) where status = 'pending';

-- Serves the sweep for questions past their deadline, and holds only those that still have one.
create index approvals_due on approvals (deadline) where status = 'pending';

-- Serve the lists, oldest first: all, the open ones, a conversation's, a run's.
create index approvals_oldest on approvals (tenant_id, requested_at, id);
create index approvals_pending on approvals (tenant_id, requested_at, id) where status = 'pending';
create index approvals_of_conversation on approvals (tenant_id, conversation_id, requested_at, id)
    where conversation_id is not null;
create index approvals_of_run on approvals (tenant_id, run_id, requested_at, id);

-- Serves the count by status.
create index approvals_by_status on approvals (status);

-- One a person, or a key, and question.
create table decisions (
    tenant_id   uuid        not null,
    approval_id uuid        not null,
    approver_id text        not null,                       -- key:<id> or person:<name>
    approver    text        not null,                       -- as shown
    approved    boolean     not null,
    reason      text,
    at          timestamptz not null,
    constraint decisions_pk primary key (tenant_id, approval_id, approver_id),
    constraint decision_of_approval foreign key (approval_id, tenant_id) references approvals (id, tenant_id)
        on delete cascade
);

alter table runs add column approval_id uuid;               -- the answer that the run goes on with; its claims carry it
alter table leases add column claimed_with uuid;            -- the tenant's key that claimed
