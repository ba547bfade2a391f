-- A tenant's events in one order that no late commit disturbs, what is done beside runs among them; and seals over them.

-- Added to the numbers of transactions. 0, until a dump is restored into a database that counts from lower numbers.
create function transactions_before() returns bigint language sql immutable parallel safe return cast(0 as bigint);
create function this_transaction() returns bigint language sql stable
    return cast(cast(pg_current_xact_id() as text) as bigint) + transactions_before();
-- Every transaction of a lower number has ended: what it wrote can be seen, and it writes no more.
create function transactions_ended_below() returns bigint language sql stable
    return cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) + transactions_before();

-- Which transaction wrote it. The order in which events came to be known is that of these numbers, not that of times:
-- a number is lower than all that are given after its transaction has ended.
alter table events add column transaction bigint not null default this_transaction();
create index events_in_order on events (tenant_id, transaction);

-- The tenant's own timeline, of what is no run's: its events have the tenant's id in place of a run's.
alter table tenants add column event_count integer not null default 0;

-- A chain a tenant: each seal is over the events of one minute, and over the seal before.
create table seals (
    tenant_id         uuid        not null,
    number            bigint      not null,
    minute            timestamptz not null,
    first_transaction bigint      not null,
    last_transaction  bigint      not null,
    leaves            bytea       not null, -- of each event 52 bytes: its run, its number, the SHA-256 of its canonical form
    root              bytea       not null, -- of the Merkle tree over the leaves
    previous          bytea       not null, -- hash of the seal before; zeros before the first
    hash              bytea       not null, -- of all the others but the leaves, which the root stands for
    constraint seals_pk primary key (tenant_id, number),
    constraint seal_numbered_from_one check (number > 0),
    constraint seal_of_events check (octet_length(leaves) > 0 and octet_length(leaves) % 52 = 0),
    constraint seal_hashes_are_sha256 check (
        octet_length(root) = 32 and octet_length(previous) = 32 and octet_length(hash) = 32)
);
alter table seals alter column leaves set storage external; -- hashes cannot be compressed
