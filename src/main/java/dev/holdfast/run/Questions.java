package dev.holdfast.run;

import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * Writes approvals where that is one with what their run does: asked when it is suspended or submitted, redeemed by its
 * owner, withdrawn when it ends. What people do with them is not the runs' matter.
 */
@ApplicationScoped
public class Questions {
    /** Of an approval {@code a}: it was granted, by people or by the deadline. */
    private static final String GRANTED = "(a.status = 'approved' or a.status = 'expired' and a.on_expiry = 'approve')";

    /** Of an approval {@code a}: it was answered, and its run went on with the answer. */
    public static final String WENT_ON = "(" + GRANTED
            + " or a.on_deny = 'continue' and (a.status = 'denied' or a.status = 'expired' and a.on_expiry = 'deny'))";

    /** Withdraws the open questions of the runs that the rest of the statement names. */
    public static final String WITHDRAW =
            "update approvals a set status = 'withdrawn', ended_at = statement_timestamp(), version = a.version + 1";

    /** A question's document, see {@link Question#document}, as a row {@code q}; but for its args, which may hold U+0000. */
    static final String READ = """
            json_to_record(%s) as q (id uuid, slot text, action text, title text, description text, digest bytea,
                delegated boolean, deadline timestamptz, timeout interval, standard interval, roles text[], users text[],
                required integer, on_deny text, on_expiry text, asked_with uuid)""";

    /** Whether this is a deadline, if it is given; only a statement knows what time it is. */
    static final String IN_TIME = """
            coalesce(%1$s > statement_timestamp() and %1$s <= statement_timestamp() + interval 'P366D', true)""";

    /** When {@code q}, asked in the lane {@code p}, is to be answered. */
    static final String UNTIL =
            "coalesce(q.deadline, statement_timestamp() + coalesce(q.timeout, p.approval_timeout, q.standard))";

    /** What the event says of the {@code question q} that suspends its run. */
    static final String TOLD = """
            json_build_object('waitingFor', 'approval', 'approvalId', q.id, 'slot', q.slot, 'action', q.action,
                        'deadline', as_utc(q.until))""";

    /** Opens each {@code question q} whose run is in {@code moved}. */
    static final String OPEN = """
            insert into approvals (tenant_id, id, run_id, lane, conversation_id, end_user, slot, action, title, description,
                args, args_digest, delegated, deadline, roles, users, required, on_deny, on_expiry, asked_with, requested_at)
            select r.tenant_id, q.id, r.id, r.lane, r.conversation_id, r.end_user, q.slot, q.action, q.title, q.description,
                q.args, q.digest, q.delegated, q.until, q.roles, q.users, q.required, q.on_deny, q.on_expiry,
                array_remove(q.keys, null), statement_timestamp()
            from moved r join question q on q.run_id = r.id
            returning id, lane""";

    // Nothing is asked that was answered before: the caller then finds that answer. What the owner asked earlier has
    // ended before its claim began, so that nobody can answer it meanwhile.
    private static final String ASK = """
            with question as (
                select q.*, cast(? as json) as args, l.run_id, l.fence, array[l.claimed_with, q.asked_with] as keys, %s as until
                from leases l
                join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane
                cross join %s
                where l.run_id = ? and l.tenant_id = ? and l.fence = ? and %s
                  and not exists (select from approvals a
                                  where a.tenant_id = l.tenant_id and a.run_id = l.run_id and a.slot = q.slot
                                    and a.args_digest = q.digest and %s)
            ), closed as (
                delete from leases l using question q where l.run_id = q.run_id and l.tenant_id = ? and l.fence = q.fence
                returning l.*
            ), moved as (
                update runs r
                set state = 'suspended', waiting_for = 'approval', worker_id = null, claimed_at = null, approval_id = null,
                    %s
                from closed c join question q on q.run_id = c.run_id
                where %s and %s
                returning r.*, '%s' as move, cast(null as text) as reason,
                    %s as data, %s
            ), recorded as (
                %s
            )
            %s""".formatted(
                    UNTIL,
                    READ.formatted("cast(? as json)"),
                    IN_TIME.formatted("q.deadline"),
                    WENT_ON,
                    Endings.KEEP_FROM_LEASE,
                    Endings.OF_SAME_CLAIM,
                    Move.SUSPENDED.guard("r"),
                    Move.SUSPENDED.eventType(),
                    TOLD,
                    Endings.BY_OWNER,
                    Timeline.RECORD_MOVED,
                    OPEN);

    // Lease, run, approval: each is held before the next one is looked at, so that of two that come at once the second
    // sees what the first has done, and the run's line is numbered only if there is one to write.
    private static final String REDEEM = """
            with owned as (
                select run_id, tenant_id, fence from leases where run_id = ? and tenant_id = ? and fence = ? for update
            ), held as (
                select r.id, r.tenant_id from runs r
                join owned o on r.id = o.run_id and r.tenant_id = o.tenant_id and r.fence = o.fence
                for update of r
            ), redeemed as (
                update approvals a set redeemed_at = statement_timestamp(), version = a.version + 1
                from held h
                where a.id = ? and a.tenant_id = h.tenant_id and a.run_id = h.id and a.args_digest = ?
                  and a.redeemed_at is null and %s
                returning a.*
            ), numbered as (
                update runs r set event_count = r.event_count + 1
                from redeemed a where r.id = a.run_id and r.tenant_id = a.tenant_id
                returning r.tenant_id, r.id, r.event_count, r.fence, r.worker_id, a.id as approval_id, a.slot, a.action
            )
            insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence, data, correlation_id)
            select tenant_id, id, event_count, 'redeemed', 'worker', worker_id, fence,
                   json_build_object('approvalId', approval_id, 'slot', slot, 'action', action), ?
            from numbered
            returning seq""".formatted(GRANTED);

    private static final String MAY_END =
            "select %s from (select cast(? as timestamptz) as deadline) q".formatted(IN_TIME.formatted("q.deadline"));

    private final Database database;
    private final RunMetrics metrics;
    private final Herald herald;

    protected Questions() { // for the proxy
        this(null, null, null);
    }

    @Inject
    Questions(Database database, RunMetrics metrics, Herald herald) {
        this.database = database;
        this.metrics = metrics;
        this.herald = herald;
    }

    /**
     * Asks, and suspends the run until people have answered.
     *
     * @param id that the approval will have
     * @param key id of the tenant's key that asks; null if it is none
     * @return false, and nothing was done, if the fence is not the owner's, the deadline is none, or the same was asked
     *     before and the run went on with the answer
     */
    public boolean ask(UUID tenant, UUID run, long fence, Question question, UUID id, UUID key, String correlationId) {
        var lane = database.of(tenant)
                .one(
                        ASK,
                        row -> row.getString("lane"),
                        question.storedArgs(),
                        question.document(id, key, null),
                        run,
                        tenant,
                        fence,
                        tenant,
                        correlationId);
        lane.ifPresent(left -> {
            metrics.moved(Move.SUSPENDED, 1);
            herald.moved(tenant, run, left, RunState.SUSPENDED, false);
        });
        return lane.isPresent();
    }

    /** @return false, and nothing was done, if the fence is not the owner's, or the approval is none that allows this now */
    public boolean redeem(UUID tenant, UUID run, long fence, UUID approval, byte[] digest, String correlationId) {
        var redeemed = database.of(tenant)
                .one(REDEEM, row -> true, run, tenant, fence, approval, digest, correlationId)
                .isPresent();
        herald.wrote(tenant, redeemed ? List.of(run) : List.of());
        return redeemed;
    }

    /** Whether a question could have this deadline; null is the lane's. */
    boolean mayEnd(UUID tenant, Instant deadline) {
        return database.of(tenant)
                .one(MAY_END, row -> row.getBoolean(1), deadline)
                .orElseThrow();
    }
}
