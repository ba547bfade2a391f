package dev.holdfast.run;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.function.Supplier;

/** What is counted of runs; the reaper counts its own moves. Called when a statement of its own has been committed. */
@ApplicationScoped
class RunMetrics {
    private final Metrics metrics;

    protected RunMetrics() { // for the proxy
        this(null);
    }

    @Inject
    RunMetrics(Metrics metrics) {
        this.metrics = metrics;
    }

    void begin(@Observes Startup startup) {
        for (var move : Move.values()) {
            moved(move, 0);
        }
        metrics.count(Metric.CLAIMS, 0);
        metrics.count(Metric.KEYS_ISSUED, 0);
    }

    public void moved(Move move, long runs) {
        metrics.count(Metric.MOVES, runs, move.eventType());
    }

    public void claimed(RunRow run) {
        moved(Move.CLAIMED, 1);
        handedOut();
        metrics.took(Metric.CLAIM_WAIT, Duration.between(run.availableAt(), run.claimedAt()));
    }

    /** A worker got a run and its key, by whatever move. */
    void handedOut() {
        metrics.count(Metric.CLAIMS, 1);
        metrics.count(Metric.KEYS_ISSUED, 1);
    }

    /** @param claims how many wait for work on this node */
    void showWaiting(Supplier<Long> claims) {
        metrics.show(Metric.WAITING_CLAIMS, claims);
    }

    /** @param route as the API calls it for one run; a batch counts each of its items */
    void refusedLate(String route) {
        metrics.count(Metric.LATE_WRITES_REFUSED, 1, route);
    }
}
