-- Schedules: recurring work. A firing takes the row by compare-and-swap on next_at, so that it submits exactly one run.

create table schedules (
    tenant_id     uuid        not null,
    name          text        not null,
    lane          text        not null,
    type          text,
    cron          text        not null,
    time_zone     text        not null,
    input         json,
    overlap       text        not null default 'skip',
    catch_up      text        not null default 'one',
    enabled       boolean     not null default true,
    next_at       timestamptz,                              -- null while disabled, or if it never fires again
    last_fired_at timestamptz,                              -- the time that the last run was due at
    last_run_id   uuid,
    skipped       bigint      not null default 0,           -- firings that made no run: overlapped, or missed and not caught up
    created_at    timestamptz not null default statement_timestamp(),
    version       bigint      not null default 1,           -- of what people wrote: a firing does not change it
    constraint schedules_pk primary key (tenant_id, name),
    constraint schedule_overlap_known check (overlap in ('skip', 'queue', 'cancel')),
    constraint schedule_catch_up_known check (catch_up in ('none', 'one', 'all')),
    constraint schedule_next_only_if_enabled check (enabled or next_at is null)
);

create index schedules_due on schedules (next_at) where next_at is not null;
