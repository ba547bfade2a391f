package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;

import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The ways in which an owner ends its claim: complete, fail, release, sleep. Each is one statement that deletes the
 * lease (who deletes it, owned it, and its key is dead), moves the run and writes the event; no row deleted, nothing done.
 */
@ApplicationScoped
class Endings {
    /** What the lease knew last, kept on the run: said in each ending's SET. */
    static final String KEEP_FROM_LEASE = """
            last_state = r.state, version = r.version + 1, event_count = r.event_count + 1,
                    last_heartbeat_at = c.last_heartbeat_at, progress = coalesce(c.progress, r.progress),
                    checkpoint = coalesce(c.checkpoint, r.checkpoint)""";

    static final String OF_SAME_CLAIM = "r.id = c.run_id and r.tenant_id = c.tenant_id and r.fence = c.fence";

    /** The event of an ending, but for its reason, data and correlation id. */
    static final String BY_OWNER = "'worker' as actor_kind, c.worker_id as actor_id, cast(null as bytea) as key_hash";

    private static final String BY_CALLER = BY_OWNER + ", c.correlation_id";

    private static final String COMPLETE =
            ending("""
            select * from unnest(?, ?, ?, cast(? as json[]), cast(? as jsonb[]))
                as i (run_id, fence, correlation_id, result, metadata)""" + " where " + Fenced.FEW.formatted("i"), "i.result, i.metadata", """
            moved as (
                update runs r
                set state = 'completed', result = c.result, ended_at = statement_timestamp(),
                    metadata = case when c.metadata is null then r.metadata else coalesce(r.metadata, '{}') || c.metadata end,
                    %s
                from closed c where %s and %s
                returning r.*, '%s' as move, cast(null as text) as reason, cast(null as json) as data, %s)""".formatted(
                    KEEP_FROM_LEASE, OF_SAME_CLAIM, Move.COMPLETED.guard("r"), Move.COMPLETED.eventType(), BY_CALLER));

    // Full jitter: anywhere between now and the bound, which doubles with each failure.
    private static final String BACKOFF = """
            coalesce(c.retry_after, random() * least(p.backoff_max,
                        p.backoff_initial * power(p.backoff_factor, least(r.failures, 60))))""";

    private static final String ATTEMPTS_REMAIN =
            "c.retryable and r.failures + 1 < coalesce(r.max_attempts, p.max_attempts)";

    private static final String FAILURE_OF_EVENT =
            "json_build_object('code', c.code, 'category', 'work', 'message', c.message, 'details', c.details)";

    private static final String FAIL = ending(
            """
            select * from unnest(?, ?, ?, ?, ?, cast(? as json[]), ?, cast(? as interval[]))
                as i (run_id, fence, correlation_id, code, message, details, retryable, retry_after)""" + " where " + Fenced.FEW.formatted("i"),
            "i.code, i.message, i.details, i.retryable, i.retry_after",
            """
            retried as (
                update runs r
                set state = 'queued', failures = r.failures + 1, worker_id = null, claimed_at = null,
                    available_at = statement_timestamp() + %2$s,
                    %1$s
                from closed c join lanes p on p.tenant_id = c.tenant_id and p.name = c.lane
                where %3$s and %4$s and %6$s
                returning r.*, '%8$s' as move, c.message as reason, %7$s as data, %10$s
            ), failed as (
                update runs r
                set state = 'failed', failures = r.failures + 1, ended_at = statement_timestamp(),
                    failure_code = c.code, failure_category = 'work', failure_message = c.message,
                    failure_details = c.details, failed_at = statement_timestamp(),
                    %1$s
                from closed c join lanes p on p.tenant_id = c.tenant_id and p.name = c.lane
                where %3$s and %5$s and not (%6$s)
                returning r.*, '%9$s' as move, c.message as reason, %7$s as data, %10$s
            ), moved as (select * from retried union all select * from failed)""".formatted(
                            KEEP_FROM_LEASE,
                            BACKOFF,
                            OF_SAME_CLAIM,
                            Move.RETRIED.guard("r"),
                            Move.FAILED.guard("r"),
                            ATTEMPTS_REMAIN,
                            FAILURE_OF_EVENT,
                            Move.RETRIED.eventType(),
                            Move.FAILED.eventType(),
                            BY_CALLER));

    private static final String RELEASE = ending(
            "select cast(? as uuid) as run_id, cast(? as bigint) as fence, cast(? as text) as correlation_id",
            "i.run_id as of_run",
            """
            moved as (
                update runs r
                set state = 'queued', worker_id = null, claimed_at = null, available_at = statement_timestamp(),
                    %s
                from closed c where %s and %s
                returning r.*, '%s' as move, cast(null as text) as reason, cast(null as json) as data, %s)""".formatted(
                    KEEP_FROM_LEASE, OF_SAME_CLAIM, Move.RELEASED.guard("r"), Move.RELEASED.eventType(), BY_CALLER));

    // A time out of bounds is no item, so that nothing happens: only this statement knows what time it is.
    private static final String SLEEP = ending("""
            select * from (values (cast(? as uuid), cast(? as bigint), cast(? as text), cast(? as timestamptz)))
                    as i (run_id, fence, correlation_id, until)
                where i.until > statement_timestamp() and i.until <= statement_timestamp() + interval 'P366D'""", "i.until", """
            moved as (
                update runs r
                set state = 'suspended', waiting_for = 'timer', worker_id = null, claimed_at = null,
                    available_at = c.until,
                    %s
                from closed c where %s and %s
                returning r.*, '%s' as move, cast(null as text) as reason,
                    json_build_object('waitingFor', 'timer', 'until', c.until) as data, %s)""".formatted(
                    KEEP_FROM_LEASE, OF_SAME_CLAIM, Move.SUSPENDED.guard("r"), Move.SUSPENDED.eventType(), BY_CALLER));

    private final Database database;
    private final RunMetrics metrics;
    private final Herald herald;

    protected Endings() { // for the proxy
        this(null, null, null);
    }

    @Inject
    Endings(Database database, RunMetrics metrics, Herald herald) {
        this.database = database;
        this.metrics = metrics;
        this.herald = herald;
    }

    /** An owner's last word about its claim. */
    sealed interface Ending extends Fenced {}

    /** @param result JSON or null @param metadata a JSON object to merge, or null */
    record Completion(UUID runId, long fence, String correlationId, String result, String metadata) implements Ending {}

    /** @param details JSON or null @param retryAfter null for the lane's backoff */
    record Fault(
            UUID runId,
            long fence,
            String correlationId,
            String code,
            String message,
            String details,
            boolean retryable,
            Duration retryAfter)
            implements Ending {}

    /**
     * Each run is named once.
     *
     * @param brief whether to give up rather than to wait for somebody who holds one of the leases
     * @return the completed runs by id; a run that is not among them was not owned
     */
    public Map<UUID, RunRow> complete(UUID tenant, List<Completion> items, boolean brief) {
        return moved(
                tenant,
                row -> Move.COMPLETED,
                database.vitally(tenant, brief)
                        .query(
                                COMPLETE,
                                RunRow::of,
                                Array.ids(column(items, Completion::runId)),
                                Array.numbers(column(items, Completion::fence)),
                                Array.texts(column(items, Completion::correlationId)),
                                Array.texts(column(items, Completion::result)),
                                Array.texts(column(items, Completion::metadata)),
                                tenant));
    }

    /** Like {@link #complete}. @return the runs by id, each queued again or failed */
    public Map<UUID, RunRow> fail(UUID tenant, List<Fault> items, boolean brief) {
        return moved(
                tenant,
                row -> row.state() == RunState.FAILED ? Move.FAILED : Move.RETRIED,
                database.vitally(tenant, brief)
                        .query(
                                FAIL,
                                RunRow::of,
                                Array.ids(column(items, Fault::runId)),
                                Array.numbers(column(items, Fault::fence)),
                                Array.texts(column(items, Fault::correlationId)),
                                Array.texts(column(items, Fault::code)),
                                Array.texts(column(items, Fault::message)),
                                Array.texts(column(items, Fault::details)),
                                Array.flags(column(items, Fault::retryable)),
                                Array.written(column(items, Fault::retryAfter)),
                                tenant));
    }

    Map<UUID, RunRow> release(UUID tenant, UUID run, long fence, String correlationId) {
        return moved(
                tenant,
                row -> Move.RELEASED,
                database.vitally(tenant).query(RELEASE, RunRow::of, run, fence, correlationId, tenant));
    }

    /** @return nothing too if {@code until} is not ahead, or is more than 366 days ahead, by the database's clock */
    Map<UUID, RunRow> sleep(UUID tenant, UUID run, long fence, Instant until, String correlationId) {
        return moved(
                tenant,
                row -> Move.SUSPENDED,
                database.vitally(tenant).query(SLEEP, RunRow::of, run, fence, correlationId, until, tenant));
    }

    private Map<UUID, RunRow> moved(UUID tenant, Function<RunRow, Move> move, Collection<RunRow> rows) {
        rows.forEach(row -> metrics.moved(move.apply(row), 1));
        herald.moved(tenant, rows, row -> move.apply(row) == Move.RETRIED);
        return rows.stream().collect(Collectors.toMap(RunRow::id, Function.identity()));
    }

    private static String ending(String items, String itemColumns, String moved) {
        return """
            with item as (
                %s
            ), closed as (
                delete from leases l using item i
                where l.run_id = i.run_id and l.tenant_id = ? and l.fence = i.fence
                returning l.*, i.correlation_id, %s
            ), %s, recorded as (
                %s
            )
            select %s from moved r""".formatted(items, itemColumns, moved, Timeline.RECORD_MOVED_OF_CALLS, RunRow.UNLEASED);
    }
}
