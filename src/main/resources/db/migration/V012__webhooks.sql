-- Webhooks: where a tenant's events are sent. The outbox is the events' table itself: a webhook is a place in the tenant's
-- order of events, and who delivers moves it on. What happens to runs writes nothing for it.

create table webhooks (
    tenant_id        uuid        not null,
    id               uuid        not null,
    url              text        not null,
    description      text,
    events           text[]      not null,
    lanes            text[],
    secret           bytea       not null,                    -- as it is: deliveries are signed with it
    former_secret    bytea,                                   -- signs too until receivers have the new one
    former_until     timestamptz,
    created_at       timestamptz not null default statement_timestamp(),
    disabled_at      timestamptz,
    disabled_because text,
    transaction      bigint      not null,                    -- this and the next two: the last event that was delivered,
    timeline         uuid        not null,                    -- or was none for it
    number           integer     not null,
    attempts         integer     not null default 0,          -- at the next event that have failed
    failing_since    timestamptz,
    last_error       text,
    slow             boolean     not null default false,      -- when it was last tried
    due_at           timestamptz not null default statement_timestamp(), -- not before: it waits, or is held until then
    holder           uuid,                                    -- of whoever delivers now; another's end is no longer its own
    constraint webhooks_pk primary key (tenant_id, id),
    constraint webhook_of_tenant foreign key (tenant_id) references tenants (id),
    constraint webhook_wants_something check (cardinality(events) > 0 and cardinality(lanes) > 0),
    constraint webhook_secret_long_enough check (octet_length(secret) >= 24),
    constraint webhook_former_secret_ends check ((former_secret is null) = (former_until is null)),
    constraint webhook_disabled_says_why check (
        (disabled_at is null) = (disabled_because is null) and disabled_because in ('gone', 'failing', 'operator')),
    constraint webhook_attempts_while_failing check (attempts >= 0 and (attempts > 0) = (failing_since is not null))
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What was tried; kept for some days.
create table webhook_deliveries (
    tenant_id  uuid        not null,
    webhook_id uuid        not null,
    id         uuid        not null,
    run_id     uuid        not null, -- this and the next: the event; the tenant's id for one of its own
    seq        integer     not null,
    type       text        not null,
    attempt    integer     not null,
    replay     boolean     not null default false,
    outcome    text        not null,
    status     integer,
    millis     integer     not null,
    error      text,
    at         timestamptz not null default statement_timestamp(),
    constraint webhook_deliveries_pk primary key (tenant_id, webhook_id, id),
    constraint webhook_outcome_known check (outcome in ('delivered', 'failed', 'refused', 'gone'))
) with (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.1);
create index webhook_deliveries_oldest on webhook_deliveries (at);

-- Events that somebody wants delivered once more, out of their turn.
create table webhook_replays (
    tenant_id  uuid        not null,
    webhook_id uuid        not null,
    run_id     uuid        not null,
    seq        integer     not null,
    wanted_at  timestamptz not null default statement_timestamp(),
    constraint webhook_replays_pk primary key (tenant_id, webhook_id, run_id, seq),
    constraint webhook_replay_of_webhook foreign key (tenant_id, webhook_id) references webhooks (tenant_id, id) on delete cascade
);
