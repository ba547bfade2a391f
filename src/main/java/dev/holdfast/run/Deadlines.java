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

    private static final SweepStatements TIMERS_DUE =
            simple("timers", Move.WOKEN, """
            select r.tenant_id, r.id as run_id, 'timer_due' as rule, 'queued' as outcome, r.available_at as expires_at,
                   json_build_object('rule', 'timer_due', 'now', as_utc(statement_timestamp()), 'until', as_utc(r.available_at),
                       'lane', r.lane, 'node', w.node, 'sweepId', w.sweep_id) as evidence
            from %s cross join runs r
            where %s and r.state = 'suspended' and r.waiting_for = 'timer' and r.available_at <= statement_timestamp() %%s""".formatted(WARRANT, OF_WARRANT), "state = 'queued', waiting_for = null");

    private static final String QUEUED_UNTIL = "r.available_at + coalesce(r.queue_timeout, p.queue_timeout)";

    // Lanes that limit the wait, or runs that bring a limit of their own: never the whole queue.
    private static final SweepStatements QUEUE_EXPIRED = simple(
            "queue",
            Move.QUEUE_EXPIRED,
            """
            select r.tenant_id, r.id as run_id, 'queue_timeout' as rule, 'failed' as outcome, %3$s as expires_at,
                   json_build_object('rule', 'queue_timeout', 'now', as_utc(statement_timestamp()),
                       'claimableSince', as_utc(r.available_at), 'queueTimeout', as_duration(coalesce(r.queue_timeout, p.queue_timeout)),
                       'lane', r.lane, 'node', w.node, 'sweepId', w.sweep_id) as evidence
            from %1$s
            cross join (
                select q.id, q.tenant_id from lanes o join runs q on q.tenant_id = o.tenant_id and q.lane = o.name
                where o.queue_timeout is not null and q.queue_timeout is null and q.state = 'queued'
                union all
                select q.id, q.tenant_id from runs q where q.queue_timeout is not null and q.state = 'queued') f
            join runs r on r.id = f.id and r.tenant_id = f.tenant_id
            join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
            where %2$s and r.state = 'queued' and statement_timestamp() >= %3$s %%s""".formatted(WARRANT, OF_WARRANT, QUEUED_UNTIL),
            failed("queue_timeout", "'No worker claimed the run within its queue timeout.'"));

    private static final String LIVES_UNTIL = "r.submitted_at + coalesce(r.run_timeout, p.run_timeout)";

    // Lease before run, as everywhere; a run that is claimed meanwhile has no closed lease here and is left to the next
    // sweep.
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
        return kind.statements.find(database, selection(warrant), limit);
    }

    /** Moves those of the runs that are still due, in one statement. */
    public List<Verdict> move(Kind kind, Warrant warrant, List<UUID> runs) {
        return kind.statements.act(database, selection(warrant), runs, warrant);
    }

    private static List<Object> selection(Warrant warrant) {
        return Arrays.asList(warrant.node(), warrant.sweepId(), warrant.tenant());
    }

    private static SweepStatements simple(String phase, Move move, String due, String set) {
        var bare = new SweepStatements(phase, move, due, "for update of r skip locked", "");
        return new SweepStatements(phase, move, due, bare.lock(), """
                moved as (
                    update runs r
                    set last_state = r.state, version = r.version + 1, event_count = r.event_count + 1, %s
                    from due d where r.id = d.run_id and r.tenant_id = d.tenant_id and %s
                    returning r.*, %s
                )""".formatted(set, move.guard("r"), bare.event("d")));
    }

    private static SweepStatements runExpired() {
        var bare =
                new SweepStatements("runs", Move.RUN_EXPIRED, """
                select r.tenant_id, r.id as run_id, r.fence, 'run_timeout' as rule, 'failed' as outcome, %3$s as expires_at,
                       json_build_object('rule', 'run_timeout', 'now', as_utc(statement_timestamp()),
                           'submittedAt', as_utc(r.submitted_at), 'runTimeout', as_duration(coalesce(r.run_timeout, p.run_timeout)),
                           'lane', r.lane, 'fence', r.fence, 'node', w.node, 'sweepId', w.sweep_id) as evidence
                from %1$s
                cross join (
                    select a.id, a.tenant_id from lanes o join runs a on a.tenant_id = o.tenant_id and a.lane = o.name
                    where o.run_timeout is not null and a.run_timeout is null and a.state in ('queued', 'suspended')
                    union all
                    select a.run_id, a.tenant_id from lanes o join leases a on a.tenant_id = o.tenant_id and a.lane = o.name
                    where o.run_timeout is not null
                    union all
                    select a.id, a.tenant_id from runs a
                    where a.run_timeout is not null and a.state in ('queued', 'claimed', 'running', 'suspended')) f
                join runs r on r.id = f.id and r.tenant_id = f.tenant_id
                join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
                where %2$s and r.state in ('queued', 'claimed', 'running', 'suspended')
                  and statement_timestamp() >= %3$s %%s""".formatted(WARRANT, OF_WARRANT, LIVES_UNTIL), "", "");
        return new SweepStatements(bare.phase(), bare.type(), bare.due(), bare.lock(), """
                closed as (
                    delete from leases l using due d
                    where l.run_id = d.run_id and l.tenant_id = d.tenant_id and l.fence = d.fence
                    returning l.*
                ), moved as (
                    update runs r
                    set last_state = r.state, version = r.version + 1, event_count = r.event_count + 1,
                        fence = r.fence + 1, waiting_for = null,
                        last_heartbeat_at = coalesce(c.last_heartbeat_at, r.last_heartbeat_at),
                        progress = coalesce(c.progress, r.progress), checkpoint = coalesce(c.checkpoint, r.checkpoint), %s
                    from due d left join closed c on c.run_id = d.run_id and c.tenant_id = d.tenant_id
                    where r.id = d.run_id and r.tenant_id = d.tenant_id and r.fence = d.fence and %s
                      and (r.state in ('claimed', 'running')) = (c.run_id is not null)
                    returning r.*, %s
                )""".formatted(
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
