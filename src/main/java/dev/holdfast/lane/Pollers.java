package dev.holdfast.lane;

import static dev.holdfast.platform.database.Database.column;
import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Remembers which workers ask which lanes for work: to explain why a run waits. Off the claim's path, a few seconds late. */
@ApplicationScoped
public class Pollers {
    private static final Logger LOG = Logger.getLogger(Pollers.class.getName());
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST_KNOWN = 10_000;

    private static final String SEEN = """
            with gone as (
                delete from pollers where last_poll_at < statement_timestamp() - interval 'P1D'
            )
            insert into pollers (tenant_id, worker_id, lanes, last_poll_at)
            select tenant_id, worker_id, string_to_array(lanes, ','), statement_timestamp()
            from unnest(?, ?, ?) as s (tenant_id, worker_id, lanes)
            order by tenant_id, worker_id
            on conflict (tenant_id, worker_id) do update
                set lanes = excluded.lanes, last_poll_at = excluded.last_poll_at
            returning worker_id""";

    // A worker that has a run in its hands is seen, though it may not have asked for another one since yesterday.
    private static final String PAGE = """
            select * from (
                select coalesce(p.worker_id, b.worker_id) as worker_id, coalesce(p.lanes, b.lanes) as lanes,
                       coalesce(b.in_flight, 0) as in_flight, p.last_poll_at, b.last_beat_at
                from (select * from pollers where tenant_id = ?) p
                full join (select worker_id, array_agg(distinct lane order by lane) as lanes, count(*) as in_flight,
                                  max(last_heartbeat_at) filter (where beats > 0) as last_beat_at
                           from leases where tenant_id = ? group by worker_id) b on b.worker_id = p.worker_id) w
            where cast(? as text) is null or w.worker_id > ?
            order by w.worker_id limit ?""";

    private final Map<Poller, Long> written = new ConcurrentHashMap<>();
    private final Map<Poller, String> pending = new ConcurrentHashMap<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Database database;

    @Resource
    ManagedScheduledExecutorService timer;

    protected Pollers() { // for the proxy
        this(null);
    }

    @Inject
    Pollers(Database database) {
        this.database = database;
    }

    private record Poller(UUID tenant, String worker) {}

    /**
     * A worker that has asked for work within a day, or has some.
     *
     * @param lanes that it asked for last; of one that has not asked, those of the runs that it has
     * @param lastPollAt up to ten seconds before the truth; null if it has not asked within a day
     * @param lastBeatAt for a run that it has now; null if it has sent none for any of them
     */
    public record Worker(String id, List<String> lanes, long inFlight, Instant lastPollAt, Instant lastBeatAt) {}

    /** The tenant's workers by id. @param after null for the first page */
    List<Worker> page(UUID tenant, String after, int limit) {
        return database.of(tenant).query(PAGE, Pollers::toWorker, tenant, tenant, after, after, limit);
    }

    /** Notes a poll, at most once in ten seconds a worker. */
    public void saw(UUID tenant, String worker, List<String> lanes) {
        var poller = new Poller(tenant, worker);
        var last = written.get(poller);
        if (last != null && System.nanoTime() - last < REST_NANOS) {
            return;
        }
        pending.put(poller, String.join(",", lanes));
        if (scheduled.compareAndSet(false, true)) {
            timer.schedule(this::write, 1, TimeUnit.SECONDS);
        }
    }

    private static Worker toWorker(ResultSet row) throws SQLException {
        return new Worker(
                row.getString("worker_id"),
                List.of((String[]) row.getArray("lanes").getArray()),
                row.getLong("in_flight"),
                instant(row, "last_poll_at"),
                instant(row, "last_beat_at"));
    }

    private void write() {
        scheduled.set(false);
        var seen = List.copyOf(pending.entrySet());
        seen.forEach(entry -> pending.remove(entry.getKey(), entry.getValue()));
        try {
            database.everybody()
                    .query(
                            SEEN,
                            row -> true,
                            Array.ids(column(seen, entry -> entry.getKey().tenant())),
                            Array.texts(column(seen, entry -> entry.getKey().worker())),
                            Array.texts(column(seen, Map.Entry::getValue)));
            if (written.size() > MOST_KNOWN) {
                written.clear();
            }
            seen.forEach(entry -> written.put(entry.getKey(), System.nanoTime()));
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "polls not noted; the next ones will be", e);
        }
    }
}
