package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;
import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Timeline;
import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Takes heartbeats, any number in one statement: a HOT update of the lease, and only the first one moves the run. */
@ApplicationScoped
class Heartbeats {
    // Lease before run, as in every statement that writes both: two of them never wait for each other in a ring.
    private static final String BEAT = """
            with sign as (
                select * from unnest(?, ?, cast(? as json[]), cast(? as json[]), ?)
                    as s (run_id, fence, progress, checkpoint, correlation_id)
                where %s
            ), beaten as (
                update leases l
                set last_heartbeat_at = greatest(l.last_heartbeat_at, statement_timestamp()), beats = l.beats + 1,
                    key_expires_at = least(statement_timestamp() + cast(? as interval), l.key_dies_at),
                    progress = coalesce(s.progress, l.progress), checkpoint = coalesce(s.checkpoint, l.checkpoint)
                from sign s
                where l.run_id = s.run_id and l.tenant_id = ? and l.fence = s.fence
                returning l.*, s.correlation_id
            ), moved as (
                update runs r
                set state = 'running', last_state = r.state, version = r.version + 1, event_count = r.event_count + 1
                from beaten b
                where b.beats = 1 and r.id = b.run_id and r.tenant_id = b.tenant_id and r.fence = b.fence and %s
                returning r.*, '%s' as move, 'worker' as actor_kind, r.worker_id as actor_id,
                    cast(null as text) as reason, cast(null as json) as data, cast(null as bytea) as key_hash,
                    b.correlation_id
            ), recorded as (
                %s
            )
            select l.run_id, l.key_expires_at, l.beats = 1 as first, %s as lease_expires_at
            from beaten l join lanes p on p.tenant_id = l.tenant_id and p.name = l.lane""".formatted(
                    Fenced.FEW.formatted("s"),
                    Move.STARTED.guard("r"),
                    Move.STARTED.eventType(),
                    Timeline.RECORD_MOVED_OF_CALLS,
                    Staleness.EXPIRES_AT);

    private final Database database;
    private final RunMetrics metrics;
    private final Herald herald;

    protected Heartbeats() { // for the proxy
        this(null, null, null);
    }

    @Inject
    Heartbeats(Database database, RunMetrics metrics, Herald herald) {
        this.database = database;
        this.metrics = metrics;
        this.herald = herald;
    }

    /** A sign of life. @param progress JSON, null to keep what was said last; so is the checkpoint */
    record Sign(UUID runId, long fence, String progress, String checkpoint, String correlationId) implements Fenced {}

    /** Accepted: how long the lease and the run key now last. @param first whether it is the claim's first */
    record Beaten(UUID runId, Instant leaseExpiresAt, Instant keyExpiresAt, boolean first) {}

    /**
     * Takes the signs of present owners, each run named once.
     *
     * @param brief whether to give up rather than to wait for somebody who holds one of the leases
     * @return those accepted, by run; the others own nothing
     */
    public Map<UUID, Beaten> take(UUID tenant, List<Sign> signs, Duration keyTtl, boolean brief) {
        var beaten = database.vitally(tenant, brief)
                .query(
                        BEAT,
                        row -> new Beaten(
                                row.getObject("run_id", UUID.class),
                                instant(row, "lease_expires_at"),
                                instant(row, "key_expires_at"),
                                row.getBoolean("first")),
                        Array.ids(column(signs, Sign::runId)),
                        Array.numbers(column(signs, Sign::fence)),
                        Array.texts(column(signs, Sign::progress)),
                        Array.texts(column(signs, Sign::checkpoint)),
                        Array.texts(column(signs, Sign::correlationId)),
                        keyTtl,
                        tenant);
        var started = beaten.stream().filter(Beaten::first).map(Beaten::runId).toList();
        metrics.moved(Move.STARTED, started.size());
        herald.wrote(tenant, started);
        return beaten.stream().collect(Collectors.toMap(Beaten::runId, Function.identity()));
    }
}
