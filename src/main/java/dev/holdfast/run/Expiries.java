package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Ends questions that nobody has answered in time, and moves their runs as the questions say. */
@ApplicationScoped
public class Expiries {
    private static final String DENIAL =
            "case a.on_deny when 'fail' then 'failed' when 'cancel' then 'cancelled' else 'queued' end";

    private static final String OUTCOME =
            "case a.on_expiry when 'approve' then 'queued' when 'deny' then " + DENIAL + " else 'failed' end";

    private static final String DUE = """
            select a.tenant_id, a.run_id, a.id as approval_id, a.slot, a.action, 'approval_timeout' as rule, %s as outcome,
                   case when a.on_expiry = 'deny' then 'approval_denied' else 'approval_timeout' end as code,
                   %%1$s as expires_at,
                   json_strip_nulls(json_build_object('rule', 'approval_timeout', 'now', as_utc(statement_timestamp()),
                       'approvalId', a.id, 'slot', a.slot, 'action', a.action, 'requestedAt', as_utc(a.requested_at),
                       'deadline', as_utc(a.deadline), 'askedFor', as_duration(w.asked_for), 'onExpiry', a.on_expiry,
                       'onDeny', a.on_deny, 'lane', a.lane, 'node', w.node, 'sweepId', w.sweep_id)) as evidence
            from (select cast(? as text) as node, cast(? as uuid) as sweep_id, cast(? as uuid) as tenant_id,
                         cast(? as interval) as asked_for) w
            cross join %%%%s
            where coalesce(a.tenant_id = w.tenant_id, true) and a.status = 'pending' and %%2$s""".formatted(OUTCOME);

    // The runs first, as everybody takes them; their open questions as the statement found them.
    private static final String HELD = SweepStatements.locked("runs", "id", "r") + """

            cross join lateral (
                select * from approvals q
                where q.tenant_id = r.tenant_id and q.run_id = r.id and q.status = 'pending' limit 1) a""";

    // Most deadlines have passed, but of questions that have ended: PostgreSQL does not know that, and might read all
    // that
    // is pending. The order, and a limit that limits nothing, keep it on the index of deadlines.
    private static final String OVERDUE = """
            (select * from approvals where status = 'pending' and deadline <= statement_timestamp()
             order by deadline limit (select cast(null as bigint))) a""";

    private static final SweepStatements BY_DEADLINE =
            statements("a.deadline", "a.deadline <= statement_timestamp()", OVERDUE);

    private static final SweepStatements BY_AGE = statements(
            "a.requested_at + w.asked_for", "a.requested_at <= statement_timestamp() - w.asked_for", "approvals a");

    private final Database database;

    protected Expiries() { // for the proxy
        this(null);
    }

    @Inject
    Expiries(Database database) {
        this.database = database;
    }

    public List<Verdict> find(Warrant warrant, int limit) {
        return statements(warrant).find(database, selection(warrant), warrant, limit);
    }

    /** Ends those of the runs' questions that are still open and due, in one statement. */
    public List<Verdict> end(Warrant warrant, List<UUID> runs) {
        return statements(warrant).act(database, selection(warrant), runs, warrant);
    }

    private static SweepStatements statements(Warrant warrant) {
        return warrant.askedFor() == null ? BY_DEADLINE : BY_AGE;
    }

    private static List<Object> selection(Warrant warrant) {
        return Arrays.asList(warrant.node(), warrant.sweepId(), warrant.tenant(), warrant.askedFor());
    }

    // A question that was answered since the statement began is not ended here, and then its run is not moved. Metadata
    // that are no object, which nobody could have given, are left as they are.
    private static SweepStatements statements(String expiresAt, String due, String searched) {
        var bare = new SweepStatements(
                "approvals", Move.APPROVAL_EXPIRED, DUE.formatted(expiresAt, due), searched, HELD, "");
        return bare.moving("""
                ended as (
                    update approvals a
                    set status = 'expired', ended_at = statement_timestamp(), version = a.version + 1
                    from due d where a.id = d.approval_id and a.tenant_id = d.tenant_id and a.status = 'pending'
                    returning d.*
                ), moved as (
                    update runs r
                    set state = e.outcome, waiting_for = null, last_state = r.state, version = r.version + 1,
                        event_count = r.event_count + 1,
                        approval_id = case when e.outcome = 'queued' then e.approval_id end,
                        available_at = case when e.outcome = 'queued' then greatest(r.available_at, statement_timestamp())
                                            else r.available_at end,
                        ended_at = case when e.outcome <> 'queued' then statement_timestamp() end,
                        failure_code = case when e.outcome = 'failed' then e.code end,
                        failure_category = case when e.outcome = 'failed' then 'deadline' end,
                        failure_message = case when e.outcome = 'failed' then 'Nobody has decided on the run''s approval in time.' end,
                        failed_at = case when e.outcome = 'failed' then statement_timestamp() end,
                        metadata = case when coalesce(jsonb_typeof(r.metadata), 'object') <> 'object' then r.metadata
                                        else coalesce(r.metadata, '{}') || jsonb_build_object('failureReason', e.rule,
                                            'timedOutAt', as_utc(statement_timestamp())) end
                    from ended e
                    where r.id = e.run_id and r.tenant_id = e.tenant_id and %s
                    returning r.*, %s
                )""".formatted(
                        Move.APPROVAL_EXPIRED.guard("r"),
                        bare.event("e", ", 'approvalId', e.approval_id, 'slot', e.slot, 'action', e.action")));
    }
}
