package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Moves runs whose time has come: asleep until now, queued too long, or alive too long in all. */
@ApplicationScoped
public class Deadlines {
    /** What is due, one constant a phase. */
    public enum Kind {
        TIMERS(TIMERS_DUE),
        QUEUE(QUEUE_EXPIRED),
        RUNS(RUN_EXPIRED);

        private final SweepStatements statements;

        Kind(SweepStatements statements) {
            this.statements = statements;
        }
    }

    private static final String WARRANT = """
            (select cast(? as text) as node, cast(? as uuid) as sweep_id, cast(? as uuid) as tenant_id) w""";

    private static final String OF_WARRANT = "coalesce(r.tenant_id = w.tenant_id, true)";

    // The limit keeps PostgreSQL, which cannot know how few are due, from reading all runs to join them.
    private static final String RUNS_FOUND = """
            (%s) f cross join lateral (select * from runs o where o.id = f.id and o.tenant_id = f.tenant_id limit 1) r""";

    private static final SweepStatements TIMERS_DUE = simple(
            "timers", Move.WOKEN, """
            select r.tenant_id, r.id as run_id, 'timer_due' as rule, 'queued' as outcome, r.available_at as expires_at,
                   json_build_object('rule', 'timer_due', 'now', as_utc(statement_timestamp()), 'until', as_utc(r.available_at),
                       'lane', r.lane, 'node', w.node, 'sweepId', w.sweep_id) as evidence
            from %s cross join %%s
            where %s and r.state = 'suspended' and r.waiting_for = 'timer' and r.available_at <= statement_timestamp()""".formatted(WARRANT, OF_WARRANT), "runs r", "state = 'queued', waiting_for = null");

    private static final String QUEUED_UNTIL = "r.available_at + coalesce(r.queue_timeout, p.queue_timeout)";

    // Lanes that limit the wait, and runs that bring a limit of their own: never the whole queue. The second condition
    // is that of an index, which can hold no sum of a time and a duration but in a fixed zone, and which alone can
    // serve
    // it: were the state asked for as elsewhere, PostgreSQL might prefer the index of all that is queued. The order,
    // and
    // a limit that limits nothing, keep it on that index for the first: else it may read what has ended too.
    private static final String QUEUED_TOO_LONG = RUNS_FOUND.formatted("""
            select q.id, q.tenant_id from lanes o cross join lateral (
                select i.id, i.tenant_id from runs i
                where i.tenant_id = o.tenant_id and i.lane = o.name and i.state = 'queued' and i.queue_timeout is null
                  and i.available_at <= statement_timestamp() - o.queue_timeout
                order by i.priority desc, i.available_at, i.id
                limit (select cast(null as bigint))) q
            where o.queue_timeout is not null
            union all
            select q.id, q.tenant_id from runs q
            where q.queue_timeout is not null and coalesce(q.state = 'queued', false)
              and (q.available_at at time zone 'UTC') + q.queue_timeout <= statement_timestamp() at time zone 'UTC'""");

    private static final SweepStatements QUEUE_EXPIRED = simple(
            "queue",
            Move.QUEUE_EXPIRED,
            """
            select r.tenant_id, r.id as run_id, 'queue_timeout' as rule, 'failed' as outcome, %3$s as expires_at,
                   json_build_object('rule', 'queue_timeout', 'now', as_utc(statement_timestamp()),
                       'claimableSince', as_utc(r.available_at), 'queueTimeout', as_duration(coalesce(r.queue_timeout, p.queue_timeout)),
                       'lane', r.lane, 'node', w.node, 'sweepId', w.sweep_id) as evidence
            from %1$s
            cross join %%s
            join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
            where %2$s and r.state = 'queued' and statement_timestamp() >= %3$s""".formatted(WARRANT, OF_WARRANT, QUEUED_UNTIL),
            QUEUED_TOO_LONG,
            failed("queue_timeout", "'No worker claimed the run within its queue timeout.'"));

    private static final String LIVES_UNTIL = "r.submitted_at + coalesce(r.run_timeout, p.run_timeout)";

    // The same of lanes' and runs' own limits. What a lane has in flight is looked up run by run.
    private static final String ALIVE_TOO_LONG = RUNS_FOUND.formatted("""
            select a.id, a.tenant_id from lanes o join runs a on a.tenant_id = o.tenant_id and a.lane = o.name
            where o.run_timeout is not null and a.run_timeout is null and a.state = 'queued'
              and a.submitted_at <= statement_timestamp() - o.run_timeout
            union all
            select a.id, a.tenant_id from lanes o join runs a on a.tenant_id = o.tenant_id and a.lane = o.name
            where o.run_timeout is not null and a.run_timeout is null and a.state = 'suspended'
              and a.submitted_at <= statement_timestamp() - o.run_timeout
            union all
            select l.run_id, l.tenant_id from lanes o join leases l on l.tenant_id = o.tenant_id and l.lane = o.name
            cross join lateral (
                select from runs a where a.id = l.run_id and a.tenant_id = l.tenant_id and a.run_timeout is null
                  and a.submitted_at <= statement_timestamp() - o.run_timeout limit 1) a
            where o.run_timeout is not null
            union all
            select a.id, a.tenant_id from runs a
            where a.run_timeout is not null and a.state in ('queued', 'claimed', 'running', 'suspended')
              and (a.submitted_at at time zone 'UTC') + a.run_timeout <= statement_timestamp() at time zone 'UTC'""");

    // A run that was claimed, or has asked, since the statement began has no closed lease or withdrawn question here,
    // and
    // is left to the next sweep.
    private static final SweepStatements RUN_EXPIRED = runExpired();

    private final Database database;

    protected Deadlines() { // for the proxy
        this(null);
    }

    @Inject
    Deadlines(Database database) {
        this.database = database;
    }

    public List<Verdict> find(Kind kind, Warrant warrant, int limit) {
        return kind.statements.find(database, selection(warrant), warrant, limit);
    }

    /** Moves those of the runs that are still due, in one statement. */
    public List<Verdict> move(Kind kind, Warrant warrant, List<UUID> runs) {
        return kind.statements.act(database, selection(warrant), runs, warrant);
    }

    private static List<Object> selection(Warrant warrant) {
        return Arrays.asList(warrant.node(), warrant.sweepId(), warrant.tenant());
    }

    private static SweepStatements simple(String phase, Move move, String due, String searched, String set) {
        var bare = new SweepStatements(phase, move, due, searched, SweepStatements.locked("runs", "id", "r"), "");
        return bare.moving("""
                moved as (
                    update runs r
                    set last_state = r.state, version = r.version + 1, event_count = r.event_count + 1, %s
                    from due d where r.id = d.run_id and r.tenant_id = d.tenant_id and %s
                    returning r.*, %s
                )""".formatted(set, move.guard("r"), bare.event("d")));
    }

    private static SweepStatements runExpired() {
        var bare =
                simple("runs", Move.RUN_EXPIRED, """
                select r.tenant_id, r.id as run_id, r.fence, 'run_timeout' as rule, 'failed' as outcome, %3$s as expires_at,
                       json_build_object('rule', 'run_timeout', 'now', as_utc(statement_timestamp()),
                           'submittedAt', as_utc(r.submitted_at), 'runTimeout', as_duration(coalesce(r.run_timeout, p.run_timeout)),
                           'lane', r.lane, 'fence', r.fence, 'node', w.node, 'sweepId', w.sweep_id) as evidence
                from %1$s
                cross join %%s
                join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
                where %2$s and r.state in ('queued', 'claimed', 'running', 'suspended')
                  and statement_timestamp() >= %3$s""".formatted(WARRANT, OF_WARRANT, LIVES_UNTIL), ALIVE_TOO_LONG, "");
        return bare.moving("""
                closed as (
                    delete from leases l using due d
                    where l.run_id = d.run_id and l.tenant_id = d.tenant_id and l.fence = d.fence
                    returning l.*
                ), withdrawn as (
                    %s from due d where a.run_id = d.run_id and a.tenant_id = d.tenant_id and a.status = 'pending'
                    returning a.run_id
                ), moved as (
                    update runs r
                    set last_state = r.state, version = r.version + 1, event_count = r.event_count + 1,
                        fence = r.fence + 1, waiting_for = null,
                        last_heartbeat_at = coalesce(c.last_heartbeat_at, r.last_heartbeat_at),
                        progress = coalesce(c.progress, r.progress), checkpoint = coalesce(c.checkpoint, r.checkpoint), %s
                    from due d left join closed c on c.run_id = d.run_id and c.tenant_id = d.tenant_id
                    left join withdrawn w on w.run_id = d.run_id
                    where r.id = d.run_id and r.tenant_id = d.tenant_id and r.fence = d.fence and %s
                      and (r.state in ('claimed', 'running')) = (c.run_id is not null)
                      and (r.waiting_for is not distinct from 'approval') = (w.run_id is not null)
                    returning r.*, %s
                )""".formatted(
                        Questions.WITHDRAW,
                        failed("run_timeout", "'The run did not end within its total time limit.'"),
                        Move.RUN_EXPIRED.guard("r"),
                        bare.event("d")));
    }

    private static String failed(String code, String message) {
        return """
            state = 'failed', ended_at = statement_timestamp(), failed_at = statement_timestamp(),
                failure_code = '%s', failure_category = 'deadline', failure_message = %s""".formatted(code, message);
    }
}
