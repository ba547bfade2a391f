package dev.holdfast.lane;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What is in the lanes of all tenants, for those who watch by JMX and metrics. Asked of the database when somebody looks
 * and the last answer is a few seconds old: any number of looks costs one statement.
 */
@ApplicationScoped
public class LaneCensus {
    private static final Logger LOG = Logger.getLogger(LaneCensus.class.getName());
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(2);

    // The oldest lanes: a producer that makes a lane for each of its runs does not push the others out.
    private static final String LANES = """
            select p.tenant_id, t.name as tenant, p.name
            from lanes p join tenants t on t.id = p.tenant_id
            order by p.created_at, p.tenant_id, p.name limit ?""";

    // Each count is one walk of an index of active runs: what has ended, however much it is, is not looked at.
    private static final String COUNTS = """
            select p.tenant_id, t.name as tenant, p.name, p.paused, p.max_in_flight, q.queued, q.oldest, l.claimed, l.running,
                   s.suspended
            from lanes p
            join tenants t on t.id = p.tenant_id
            left join (
                select tenant_id, lane, count(*) as queued,
                       extract(epoch from statement_timestamp()
                           - min(available_at) filter (where available_at <= statement_timestamp())) as oldest
                from runs where state = 'queued' group by tenant_id, lane) q on q.tenant_id = p.tenant_id and q.lane = p.name
            left join (
                select tenant_id, lane, count(*) filter (where beats = 0) as claimed, count(*) filter (where beats > 0) as running
                from leases group by tenant_id, lane) l on l.tenant_id = p.tenant_id and l.lane = p.name
            left join (
                select tenant_id, lane, count(*) as suspended
                from runs where state = 'suspended' group by tenant_id, lane) s on s.tenant_id = p.tenant_id and s.lane = p.name""";

    private final Database database;
    private Map<Id, Count> counts = Map.of();
    private long countedAt;
    private boolean counted;

    protected LaneCensus() { // for the proxy
        this(null);
    }

    @Inject
    LaneCensus(Database database) {
        this.database = database;
    }

    record Id(UUID tenant, String tenantName, String name) {}

    /** @param oldestQueuedSeconds 0 if no run can be claimed @param maxInFlight 0 for no limit */
    record Count(
            long queued,
            long claimed,
            long running,
            long suspended,
            double oldestQueuedSeconds,
            boolean paused,
            int maxInFlight) {}

    /** Which lanes there are, the oldest first. */
    List<Id> lanes(int limit) {
        return database.everybody().query(LANES, LaneCensus::toId, limit);
    }

    /** Empty if there is no such lane, or the database does not answer. */
    synchronized Optional<Count> of(Id lane) {
        if (!counted || System.nanoTime() - countedAt > FRESH_NANOS) {
            count();
        }
        return Optional.ofNullable(counts.get(lane));
    }

    /** Asks again at the next look. */
    synchronized void forget() {
        counted = false;
    }

    private void count() {
        counts = Map.of(); // also of a database that does not answer: one look a while waits for it, and none is
        // told old news
        try {
            var found = new HashMap<Id, Count>();
            database.everybody().query(COUNTS, row -> found.put(toId(row), toCount(row)));
            counts = found;
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "lanes not counted", e);
        }
        countedAt = System.nanoTime();
        counted = true;
    }

    private static Id toId(ResultSet row) throws SQLException {
        return new Id(row.getObject("tenant_id", UUID.class), row.getString("tenant"), row.getString("name"));
    }

    private static Count toCount(ResultSet row) throws SQLException {
        return new Count(
                row.getLong("queued"),
                row.getLong("claimed"),
                row.getLong("running"),
                row.getLong("suspended"),
                row.getDouble("oldest"),
                row.getBoolean("paused"),
                row.getInt("max_in_flight"));
    }
}
