package dev.holdfast.bench;

import dev.holdfast.testkit.Rows;

/**
 * A house with much in it, written behind the server's back: half of all belongs to the tenant {@code default}, the rest
 * to nine others, each with ten lanes of every kind of liveness. Each run has an event or more, so that timelines can be
 * held against the invariants. Nothing of it grows stale while it is measured: the lanes allow hours.
 */
final class Stock {
    private static final String HOUSE = """
            insert into tenants (id, name) select uuidv7(), 'bench-' || i from generate_series(1, 9) i;

            insert into lanes (tenant_id, name, heartbeat, heartbeat_timeout, claim_timeout, max_lost, backoff_initial,
                               backoff_max)
            select t.id, 'bench-' || i, (array['required', 'optional', 'none'])[1 + i % 3], 'PT2H', 'PT3H', 1000000,
                   'PT0.001S', 'PT0.001S'
            from tenants t, generate_series(0, 9) i;""";

    // The other tenants take turns with the first one.
    private static final String WHERE = """
            select i, 'bench-' || (i / 2 %% 10) as lane, case when i %% 2 = 0 then d.id else o.id end as tenant
            from generate_series(%d, %d) i
            cross join (select id from tenants where name = 'default') d
            join (select id, row_number() over (order by name) as place from tenants where name like 'bench-%%') o
              on o.place = 1 + (i / 2 / 10) %% 9""";

    // Their events are of a transaction before all that is sealed: else the node would be busy with the seal of half a
    // million events while it is measured.
    private static final String TERMINAL = """
            with added as (
                insert into runs (tenant_id, id, lane, type, labels, state, last_state, input, result, failure_code,
                    failure_category, failure_message, attempt, fence, worker_id, available_at, submitted_at, claimed_at, last_heartbeat_at,
                    ended_at, event_count)
                select tenant, uuidv7(-age), lane, 'type-' || i %% 7, case when i %% 10 = 0 then jsonb_build_object('team', 'team-' || i / 10 %% 20) end, state,
                       'running', json_build_object('path', repeat('x', 200)),
                       case when state = 'completed' then json_build_object('size', i) end,
                       case when state = 'failed' then 'broken' end, case when state = 'failed' then 'work' end,
                       case when state = 'failed' then 'It broke.' end, 1, 1, 'worker-' || i %% 100,
                       now() - age, now() - age, now() - age, now() - age, now() - age, %1$d
                from (select w.*, (%2$d - i) * (interval 'PT1500000S' / %2$d) as age,
                             case when i %% 20 < 17 then 'completed' when i %% 20 < 19 then 'failed' else 'cancelled' end as state
                      from (%3$s) w) d
                returning *)
            insert into events (tenant_id, run_id, seq, type, actor_kind, to_state, fence, at, transaction)
            select tenant_id, id, n, case when n = event_count then state else 'progress' end, 'worker',
                   case when n = event_count then state end, fence, ended_at, 0
            from added, generate_series(1, event_count) n""";

    private static final String QUEUED = """
            with added as (
                insert into runs (tenant_id, id, lane, state, input, queue_timeout, run_timeout)
                select tenant, uuidv7(), %s, 'queued', json_build_object('path', repeat('x', 200)), %s, %s from (%s) w
                returning *)
            insert into events (tenant_id, run_id, seq, type, actor_kind, to_state, fence)
            select tenant_id, id, 1, 'submitted', 'producer', state, fence from added""";

    // Claims all that is queued, as workers would that beat at once.
    private static final String CLAIM_ALL = """
            with claimed as (
                update runs set state = 'running', last_state = state, fence = fence + 1, attempt = attempt + 1,
                    worker_id = 'worker-' || abs(hashtext(id::text)) % 100, claimed_at = now(), version = version + 1,
                    event_count = event_count + 1
                where state = 'queued' and lane like 'bench-%'
                returning *
            ), opened as (
                insert into leases (tenant_id, run_id, lane, concurrency_key, fence, worker_id, claimed_at,
                    last_heartbeat_at, beats, key_hash, key_expires_at, key_dies_at)
                select tenant_id, id, lane, concurrency_key, fence, worker_id, claimed_at, claimed_at + interval 'PT0.001S', 1,
                       sha256(uuid_send(id)), now() + interval 'PT20H', now() + interval 'PT24H'
                from claimed)
            insert into events (tenant_id, run_id, seq, type, actor_kind, from_state, to_state, fence)
            select tenant_id, id, event_count, 'claimed', 'worker', last_state, state, fence from claimed""";

    private static final String MAKE_STALE = """
            update leases set claimed_at = claimed_at - interval 'PT4H', last_heartbeat_at = last_heartbeat_at - interval 'PT4H'
            where (run_id, tenant_id) in (select run_id, tenant_id from leases order by md5(run_id::text) limit ?)""";

    /** What one statement brings. */
    private static final int AT_ONCE = 1_000_000;

    private final Rows rows;
    private final int most;
    private final int eventsEach;
    private int terminal;
    private int inFlight;

    Stock(Rows rows) {
        this(rows, AT_ONCE);
    }

    /** @param most runs that will have ended, over the last 17 days */
    Stock(Rows rows, int most) {
        this(rows, most, 1);
    }

    /** @param most runs that will have ended, over the last 17 days @param eventsEach what is told of each of them */
    Stock(Rows rows, int most, int eventsEach) {
        this.rows = rows;
        this.most = most;
        this.eventsEach = eventsEach;
        rows.execute(HOUSE);
    }

    void inFlight(int count) {
        rows.change(QUEUED.formatted("lane", "null", "null", WHERE.formatted(1, count)));
        inFlight = count;
        claimAll();
    }

    /** Brings what was reaped back into its owners' hands. */
    void claimAll() {
        rows.change(CLAIM_ALL);
        long leases = rows.count("select count(*) from leases");
        if (leases != inFlight) {
            throw new IllegalStateException(leases + " leases instead of " + inFlight);
        }
    }

    void terminal(int count) {
        while (terminal < count) {
            int next = Math.min(count, terminal + AT_ONCE);
            rows.change(TERMINAL.formatted(eventsEach, most, WHERE.formatted(terminal + 1, next)));
            terminal = next;
        }
    }

    /** In a lane of the tenant {@code default} and others' of that name, as it comes; limits are SQL. */
    void queued(String lane, int count, String queueTimeout, String runTimeout) {
        rows.change(QUEUED.formatted("'" + lane + "'", queueTimeout, runTimeout, WHERE.formatted(1, count)));
    }

    void makeStale(int count) {
        rows.execute("analyze leases"); // what autovacuum counted may be of a moment when there were none
        rows.change(MAKE_STALE, count);
    }

    /** As autovacuum would have done it long ago. */
    void settle() {
        for (var table : new String[] {"runs", "leases", "events", "lanes", "tenants", "verdicts"}) {
            rows.execute("vacuum (analyze) " + table);
        }
        rows.execute("analyze");
    }
}
