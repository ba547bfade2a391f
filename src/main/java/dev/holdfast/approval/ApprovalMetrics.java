package dev.holdfast.approval;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.run.Move;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is told of approvals: of all tenants, counted in the database when somebody looks; of decisions, this node's. */
@ApplicationScoped
public class ApprovalMetrics {
    /** Any number of looks costs one statement a while. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final String OLDEST = "oldest";

    private static final String COUNTS = """
            select status, cast(count(*) as double precision) as told from approvals group by status
            union all
            select 'oldest', coalesce(extract(epoch from statement_timestamp() - min(requested_at)), 0)
            from approvals where status = 'pending'""";

    private final Database database;
    private final Metrics metrics;
    private Map<String, Double> counts = Map.of();
    private long countedAt = System.nanoTime() - FRESH_NANOS;

    protected ApprovalMetrics() { // for the proxy
        this(null, null);
    }

    @Inject
    ApprovalMetrics(Database database, Metrics metrics) {
        this.database = database;
        this.metrics = metrics;
    }

    void begin(@Observes Startup startup) {
        for (var status : Status.values()) {
            metrics.show(Metric.APPROVALS, () -> now(status.id()), status.id());
        }
        metrics.show(Metric.APPROVAL_OLDEST, () -> now(OLDEST));
        metrics.count(Metric.DECISIONS, 0, Status.APPROVED.id());
        metrics.count(Metric.DECISIONS, 0, Status.DENIED.id());
    }

    /** @param last whether it ended the approval, and so moved the run */
    void decided(boolean approved, boolean last) {
        metrics.count(Metric.DECISIONS, 1, (approved ? Status.APPROVED : Status.DENIED).id());
        if (last) {
            metrics.count(Metric.MOVES, 1, (approved ? Move.APPROVED : Move.DENIED).eventType());
        }
    }

    private synchronized double now(String what) {
        if (System.nanoTime() - countedAt >= FRESH_NANOS) {
            counts = counted();
            countedAt = System.nanoTime();
        }
        return counts.getOrDefault(what, 0.0);
    }

    private Map<String, Double> counted() {
        var found = new HashMap<String, Double>();
        database.everybody().query(COUNTS, row -> found.put(row.getString("status"), row.getDouble("told")));
        return found;
    }
}
