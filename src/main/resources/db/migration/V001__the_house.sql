-- Tenants, keys, lanes, runs, leases and the timeline.
--
-- Every table carries the tenant first. Foreign keys join the cold tables only: a run, a lease or an event is written by
-- a statement that reads or writes what it belongs to, and a key check there would cost a lock and a read a move.

create table tenants (
    id          uuid        not null,
    name        text        not null,
    created_at  timestamptz not null default statement_timestamp(),
    disabled_at timestamptz,
    constraint tenants_pk primary key (id),
    constraint tenant_name_once unique (name)
);

create table api_keys (
    tenant_id    uuid        not null,
    id           uuid        not null,
    name         text        not null,
    prefix       text        not null, -- what a person may see of the key
    hash         bytea       not null, -- SHA-256 of the key; the key itself is nowhere
    scopes       text[]      not null,
    created_at   timestamptz not null default statement_timestamp(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    constraint api_keys_pk primary key (tenant_id, id),
    constraint api_key_of_tenant foreign key (tenant_id) references tenants (id),
    constraint api_key_hash_once unique (hash),
    constraint api_key_hash_is_sha256 check (octet_length(hash) = 32),
    constraint api_key_has_scopes check (cardinality(scopes) > 0)
);

create table lanes (
    tenant_id         uuid             not null,
    name              text             not null,
    heartbeat         text             not null default 'optional',
    heartbeat_timeout interval         not null default 'PT2M',
    claim_timeout     interval         not null default 'PT2H',
    queue_timeout     interval,
    run_timeout       interval,
    approval_timeout  interval         not null default 'PT30M',
    on_lost           text             not null default 'requeue',
    max_attempts      integer          not null default 3,
    max_lost          integer          not null default 3,
    backoff_initial   interval         not null default 'PT1S',
    backoff_factor    double precision not null default 2,
    backoff_max       interval         not null default 'PT5M',
    max_in_flight     integer,
    paused            boolean          not null default false,
    retention         interval         not null default 'P30D',
    created_at        timestamptz      not null default statement_timestamp(),
    version           bigint           not null default 1,
    constraint lanes_pk primary key (tenant_id, name),
    constraint lane_of_tenant foreign key (tenant_id) references tenants (id),
    constraint lane_heartbeat_known check (heartbeat in ('required', 'optional', 'none')),
    constraint lane_on_lost_known check (on_lost in ('requeue', 'fail')),
    constraint lane_heartbeat_timeout_sane check (heartbeat_timeout >= 'PT1S'),
    constraint lane_claim_timeout_sane check (claim_timeout >= heartbeat_timeout),
    constraint lane_limits_positive check (
        queue_timeout > 'PT0S' and run_timeout > 'PT0S' and approval_timeout > 'PT0S' and max_in_flight > 0
        and retention > 'PT0S'),
    constraint lane_budgets_sane check (max_attempts > 0 and max_lost >= 0),
    constraint lane_backoff_sane check (
        backoff_initial > 'PT0S' and backoff_factor >= 1 and backoff_max >= backoff_initial)
);

-- One piece of work. Written by the run feature alone, along its table of moves.
create table runs (
    tenant_id          uuid        not null,
    id                 uuid        not null,
    lane               text        not null,
    type               text,
    state              text        not null,
    last_state         text,                   -- before the last move: an UPDATE cannot return what it overwrote
    waiting_for        text,
    priority           smallint    not null default 0,
    input              json,                   -- json, not jsonb: payloads are kept as they were given
    result             json,
    failure_code       text,
    failure_category   text,
    failure_message    text,
    failure_details    json,
    failed_at          timestamptz,
    metadata           jsonb,
    labels             jsonb,
    subject            text,
    conversation_id    text,
    end_user           text,
    concurrency_key    text,
    parent_run_id      uuid,
    max_attempts       integer,
    queue_timeout      interval,
    run_timeout        interval,
    idempotency_key    text,
    idempotency_digest bytea,
    attempt            integer     not null default 0,
    failures           integer     not null default 0,
    lost               integer     not null default 0,
    fence              bigint      not null default 0,
    worker_id          text,
    available_at       timestamptz not null default statement_timestamp(),
    submitted_at       timestamptz not null default statement_timestamp(),
    claimed_at         timestamptz,
    last_heartbeat_at  timestamptz,            -- of the last claim that ended; the present one's is in its lease
    ended_at           timestamptz,
    progress           json,
    checkpoint         json,
    event_count        integer     not null default 1,
    version            bigint      not null default 1,
    -- The id leads, not the tenant: a run key names a run, and its tenant is found by it.
    constraint runs_pk primary key (id, tenant_id),
    constraint run_state_known check (
        state in ('queued', 'claimed', 'running', 'suspended', 'completed', 'failed', 'cancelled')),
    constraint waiting_iff_suspended check (
        (state = 'suspended') = (waiting_for is not null) and waiting_for in ('approval', 'operator', 'timer')),
    constraint ended_iff_terminal check ((state in ('completed', 'failed', 'cancelled')) = (ended_at is not null)),
    constraint owned_while_in_flight check (
        state not in ('claimed', 'running') or (worker_id is not null and claimed_at is not null and fence > 0)),
    constraint unowned_while_waiting check (
        state not in ('queued', 'suspended') or (worker_id is null and claimed_at is null)),
    constraint failed_says_why check (state <> 'failed' or (failure_code is not null and failure_category is not null)),
    constraint failure_once_ended check (failure_code is null or state in ('failed', 'cancelled')),
    constraint failure_category_known check (failure_category in ('infrastructure', 'work', 'human', 'deadline')),
    constraint result_iff_completed check (result is null or state = 'completed'),
    constraint counters_never_negative check (
        attempt >= 0 and failures >= 0 and lost >= 0 and fence >= 0 and event_count > 0 and version > 0),
    constraint run_limits_positive check (queue_timeout > 'PT0S' and run_timeout > 'PT0S' and max_attempts > 0),
    constraint priority_in_range check (priority between -100 and 100),
    constraint idempotency_whole check ((idempotency_key is null) = (idempotency_digest is null))
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_analyze_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);

-- Serves the claim, in its order.
create index runs_to_claim on runs (tenant_id, lane, priority desc, available_at, id) where state = 'queued';

-- Serves the question whether a full lane has runs of keys that are not full, without a look at the runs that have none.
create index runs_keyed_to_claim on runs (tenant_id, lane, concurrency_key, available_at)
    where state = 'queued' and concurrency_key is not null;
create unique index run_subject_once on runs (tenant_id, lane, subject)
    where subject is not null and state in ('queued', 'claimed', 'running', 'suspended');
create unique index run_idempotency_once on runs (tenant_id, idempotency_key) where idempotency_key is not null;
create index runs_newest on runs (tenant_id, submitted_at desc, id desc);
create index runs_of_conversation on runs (tenant_id, conversation_id, submitted_at desc, id desc)
    where conversation_id is not null;
create index runs_of_parent on runs (tenant_id, parent_run_id) where parent_run_id is not null;

-- The liveness of a present claim, and its run key: the row lives exactly as long as both do.
-- Narrow, roomy pages and no index on what a heartbeat writes, so that a heartbeat is a HOT update.
create table leases (
    tenant_id         uuid        not null,
    run_id            uuid        not null,
    lane              text        not null,
    concurrency_key   text,
    fence             bigint      not null,
    worker_id         text        not null,
    claimed_at        timestamptz not null,
    last_heartbeat_at timestamptz not null,
    beats             integer     not null default 0,
    key_hash          bytea       not null,
    key_expires_at    timestamptz not null,
    key_dies_at       timestamptz not null,
    progress          json,
    checkpoint        json,
    constraint leases_pk primary key (run_id, tenant_id),
    constraint lease_beats_after_claim check (last_heartbeat_at >= claimed_at),
    constraint lease_key_within_cap check (key_expires_at <= key_dies_at),
    constraint lease_key_hash_is_sha256 check (octet_length(key_hash) = 32)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

-- Serves the counting of a limited lane, by lane and by concurrency key.
create index leases_of_lane on leases (tenant_id, lane, concurrency_key);

-- The timeline. The number rises within its run, drawn from the run's row under its lock.
create table events (
    tenant_id      uuid        not null,
    run_id         uuid        not null,
    seq            integer     not null,
    type           text        not null,
    at             timestamptz not null default statement_timestamp(),
    actor_kind     text        not null,
    actor_id       text,
    from_state     text,
    to_state       text,
    fence          bigint      not null,
    reason         text,
    data           json,
    correlation_id text,
    key_hash       bytea,                      -- of the key issued by a claim: says later what ended a dead key
    constraint events_pk primary key (tenant_id, run_id, seq),
    constraint event_actor_known check (
        actor_kind in ('producer', 'worker', 'approver', 'operator', 'reaper', 'schedule', 'system'))
) with (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.1);
