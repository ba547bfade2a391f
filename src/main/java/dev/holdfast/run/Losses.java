package dev.holdfast.run;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Takes runs from dead owners: {@code reaped}, to the queue or to failure as the lane and the run's losses say. */
@ApplicationScoped
public class Losses {
    private static final String RULE = "(case when w.cutoff is null then " + Staleness.RULE + " else 'orphaned' end)";

    // After an outage of the control plane itself, the owners get one heartbeat timeout to be heard again.
    private static final String LOST = """
            case when w.cutoff is not null then statement_timestamp() - l.last_heartbeat_at >= w.cutoff
                 else %s
                  and coalesce(statement_timestamp() >= (select judging_since from reaper) + p.heartbeat_timeout, true)
                  and (w.despite_hold or coalesce(statement_timestamp() >= p.held_until, true)) end""".formatted(Staleness.STALE);

    private static final String REQUEUED = "(p.on_lost = 'requeue' and r.lost < p.max_lost)";

    private static final String MESSAGE = """
            case %s
                when 'worker_heartbeat_lost' then 'The worker ' || l.worker_id || ' was last heard of at '
                    || as_utc(l.last_heartbeat_at) || '; the lane allows a silence of ' || as_duration(p.heartbeat_timeout) || '.'
                when 'claim_expired' then 'The worker ' || l.worker_id || ' claimed at ' || as_utc(l.claimed_at)
                    || ' and did not finish; the lane allows a claim that does not beat ' || as_duration(p.claim_timeout) || '.'
                else 'The worker ' || l.worker_id || ' was last heard of at ' || as_utc(l.last_heartbeat_at)
                    || ', before the sweep''s cutoff of ' || as_duration(w.cutoff) || '.' end""".formatted(RULE);

    private static final String EVIDENCE = """
            json_strip_nulls(json_build_object('rule', %s, 'now', as_utc(statement_timestamp()), 'claimedAt', as_utc(l.claimed_at),
                'lastHeartbeatAt', as_utc(l.last_heartbeat_at), 'heartbeat', p.heartbeat,
                'heartbeatTimeout', as_duration(p.heartbeat_timeout), 'claimTimeout', as_duration(p.claim_timeout),
                'cutoff', as_duration(w.cutoff), 'onLost', p.on_lost, 'lost', r.lost, 'maxLost', p.max_lost,
                'lane', l.lane, 'workerId', l.worker_id, 'fence', l.fence, 'node', w.node, 'sweepId', w.sweep_id))""".formatted(RULE);

    // Few leases are stale, and only theirs are the runs that are looked at: the limit keeps PostgreSQL, which cannot
    // know
    // how few, from reading all runs to join them.
    private static final String DUE =
            """
            select l.tenant_id, l.run_id, l.fence, l.worker_id, %s as rule, %s as expires_at, %s as evidence,
                   case when %s then 'queued' else 'failed' end as outcome,
                   case when p.on_lost = 'requeue' then 'lost_too_often' else %s end as code, %s as message,
                   random() * least(p.backoff_max, p.backoff_initial * power(p.backoff_factor, least(r.lost, 60))) as backoff
            from (select cast(? as interval) as cutoff, cast(? as boolean) as despite_hold, cast(? as text) as node,
                         cast(? as uuid) as sweep_id, cast(? as uuid) as tenant_id) w
            cross join %%s
            join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
            cross join lateral (select o.lost from runs o where o.id = l.run_id and o.tenant_id = l.tenant_id limit 1) r
            where coalesce(l.tenant_id = w.tenant_id, true) and %s""".formatted(RULE, Staleness.EXPIRES_AT, EVIDENCE, REQUEUED, RULE, MESSAGE, LOST);

    // One pass over the table, for what is stale may be anywhere in it; the offset keeps it from being searched by
    // lane.
    private static final String SEARCHED = """
            lateral (select * from leases l where w.cutoff is not null or %s offset 0) l""".formatted(Staleness.PERHAPS);

    private static final SweepStatements STATEMENTS = statements();

    // Held for one interval, then judged: a hold that has just ended does not begin again.
    private static final String HOLD = """
            update lanes held
            set held_until = statement_timestamp() + cast(? as interval)
            from (select l.tenant_id, l.lane, count(*) as stale
                  from leases l join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
                  where %s and %s
                  group by l.tenant_id, l.lane having count(*) >= ?) s
            cross join lateral (
                  select count(*) as leases from leases l where l.tenant_id = s.tenant_id and l.lane = s.lane) a
            where s.tenant_id = held.tenant_id and s.lane = held.name and s.stale * 2 > a.leases
              and coalesce(held.held_until < statement_timestamp() - 10 * cast(? as interval), true)
            returning held.tenant_id, held.name, s.stale, a.leases""".formatted(Staleness.PERHAPS, Staleness.STALE);

    private final Database database;

    protected Losses() { // for the proxy
        this(null);
    }

    @Inject
    Losses(Database database) {
        this.database = database;
    }

    /** A lane that lost so much at once that the fault may be the network's. */
    public record Held(UUID tenant, String lane, long stale, long leases) {}

    public List<Verdict> find(Warrant warrant, int limit) {
        return STATEMENTS.find(database, selection(warrant), warrant, limit);
    }

    /** Reaps those of the runs that are still lost, in one statement. */
    public List<Verdict> reap(Warrant warrant, List<UUID> runs) {
        return STATEMENTS.act(database, selection(warrant), runs, warrant);
    }

    /** Holds each lane of which more than half of the leases, and at least so many, are stale. */
    public List<Held> holdMassLosses(Duration interval, int atLeast) {
        return database.everybody()
                .query(
                        HOLD,
                        row -> new Held(
                                row.getObject("tenant_id", UUID.class),
                                row.getString("name"),
                                row.getLong("stale"),
                                row.getLong("leases")),
                        interval,
                        atLeast,
                        interval);
    }

    private static List<Object> selection(Warrant warrant) {
        return Arrays.asList(
                warrant.cutoff(), warrant.despiteHold(), warrant.node(), warrant.sweepId(), warrant.tenant());
    }

    private static SweepStatements statements() {
        var bare = new SweepStatements(
                "leases", Move.REAPED, DUE, SEARCHED, SweepStatements.locked("leases", "run_id", "l"), "");
        return bare.moving("""
                closed as (
                    delete from leases l using due d
                    where l.run_id = d.run_id and l.tenant_id = d.tenant_id and l.fence = d.fence
                    returning d.*, l.last_heartbeat_at, l.progress, l.checkpoint
                ), moved as (
                    update runs r
                    set state = c.outcome, last_state = r.state, version = r.version + 1, event_count = r.event_count + 1,
                        fence = r.fence + 1, lost = r.lost + 1, last_heartbeat_at = c.last_heartbeat_at,
                        progress = coalesce(c.progress, r.progress), checkpoint = coalesce(c.checkpoint, r.checkpoint),
                        worker_id = case when c.outcome = 'failed' then r.worker_id end,
                        claimed_at = case when c.outcome = 'failed' then r.claimed_at end,
                        available_at = case when c.outcome = 'queued' then statement_timestamp() + c.backoff
                                            else r.available_at end,
                        ended_at = case when c.outcome = 'failed' then statement_timestamp() end,
                        failure_code = case when c.outcome = 'failed' then c.code end,
                        failure_category = case when c.outcome = 'failed' then 'infrastructure' end,
                        failure_message = case when c.outcome = 'failed' then c.message end,
                        failed_at = case when c.outcome = 'failed' then statement_timestamp() end
                    from closed c
                    where r.id = c.run_id and r.tenant_id = c.tenant_id and r.fence = c.fence and %s
                    returning r.*, %s
                )""".formatted(Move.REAPED.guard("r"), bare.event("c")));
    }
}
