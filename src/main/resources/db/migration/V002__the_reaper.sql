-- The reaper: its state, its sweeps and their verdicts; what a lane is held back by; who polls.

alter table lanes add column held_until timestamptz; -- the mass-stale breaker's: leases are not judged until then
alter table api_keys add column found_expired_at timestamptz; -- by the sweep; validity never depends on it
alter table leases add column key_found_expired_at timestamptz;

-- One row: cluster-wide, whichever node sweeps.
create table reaper (
    only_one        boolean     not null default true,
    enabled         boolean     not null default true,
    last_started_at timestamptz,
    last_success_at timestamptz,
    last_millis     bigint,
    judging_since   timestamptz, -- the control plane was away until then: leases get one heartbeat timeout more
    constraint reaper_pk primary key (only_one),
    constraint reaper_is_one check (only_one)
);
insert into reaper default values;

-- What a sweep did for a tenant; a sweep that found nothing is kept only if somebody asked for it.
create table sweeps (
    tenant_id  uuid        not null,
    id         uuid        not null,
    trigger    text        not null,
    actor      text,
    node       text        not null,
    started_at timestamptz not null,
    ended_at   timestamptz not null default statement_timestamp(),
    cleaned_up integer     not null,
    failed     integer     not null,
    phases     json        not null,
    constraint sweeps_pk primary key (tenant_id, id),
    constraint sweep_trigger_known check (trigger in ('start', 'timer', 'api', 'jmx'))
);

-- Why a run was moved by a sweep, with all that the rule looked at.
create table verdicts (
    tenant_id uuid        not null,
    run_id    uuid        not null,
    sweep_id  uuid        not null,
    phase     text        not null,
    rule      text        not null,
    outcome   text        not null,
    at        timestamptz not null,
    evidence  json        not null,
    constraint verdicts_pk primary key (tenant_id, run_id, sweep_id, phase)
);
create index verdicts_of_sweep on verdicts (tenant_id, sweep_id);

-- Workers as they were last seen asking for work; written at most every few seconds a worker.
create table pollers (
    tenant_id    uuid        not null,
    worker_id    text        not null,
    lanes        text[]      not null,
    last_poll_at timestamptz not null,
    constraint pollers_pk primary key (tenant_id, worker_id)
);

-- Each serves one phase, and holds only the rows that the phase may have to look at.
create index runs_asleep on runs (available_at) where state = 'suspended' and waiting_for = 'timer';
-- By when their own time is over; UTC, because only in a fixed zone is such a sum the same at every time.
create index runs_with_queue_timeout on runs (((available_at at time zone 'UTC') + queue_timeout))
    where queue_timeout is not null and state = 'queued';
create index runs_with_run_timeout on runs (((submitted_at at time zone 'UTC') + run_timeout))
    where run_timeout is not null and state in ('queued', 'claimed', 'running', 'suspended');
create index runs_suspended on runs (tenant_id, lane, id) where state = 'suspended';
create index runs_ended on runs (tenant_id, lane, ended_at) where ended_at is not null;

-- How evidence writes times and durations, whatever the session's time zone and interval style.
create function as_utc(at timestamptz) returns text language sql stable parallel safe
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
create function as_duration(length interval) returns text language sql immutable parallel safe
    return 'PT' || trim_scale(extract(epoch from length)) || 'S';
