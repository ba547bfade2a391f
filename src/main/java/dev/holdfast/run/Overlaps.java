package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * For how long two workers may have had the same run: from the last sign of life of one that was taken for dead to the claim
 * of the next. Nobody knows whether the first was at work; longer than that it was not, if it minds its fence.
 */
@ApplicationScoped
class Overlaps {
    private static final Logger LOG = Logger.getLogger(Overlaps.class.getName());

    private static final String AFTER_A_LOSS = """
            select extract(epoch from c.at - cast(e.data #>> '{evidence,lastHeartbeatAt}' as timestamptz)) as seconds
            from events c join events e
              on e.tenant_id = c.tenant_id and e.run_id = c.run_id and e.seq = c.seq - 1 and e.type = 'reaped'
            where c.tenant_id = ? and c.run_id = ? and c.type = 'claimed' and c.fence = ?""";

    private final Database database;
    private final RunMetrics metrics;

    protected Overlaps() { // for the proxy
        this(null, null);
    }

    @Inject
    Overlaps(Database database, RunMetrics metrics) {
        this.database = database;
        this.metrics = metrics;
    }

    /** Asks about those alone that have been lost before, which are few. */
    void count(UUID tenant, List<Claims.Claimed> claims) {
        claims.stream().map(Claims.Claimed::run).filter(run -> run.lost() > 0).forEach(run -> count(tenant, run));
    }

    private void count(UUID tenant, RunRow run) {
        try {
            database.of(tenant)
                    .one(AFTER_A_LOSS, row -> row.getDouble("seconds"), tenant, run.id(), run.fence())
                    .ifPresent(seconds -> metrics.overlapped(Duration.ofMillis((long) (seconds * 1000))));
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "an overlap is not counted", e); // the claim stands
        }
    }
}
