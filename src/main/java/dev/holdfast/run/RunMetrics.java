package dev.holdfast.run;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Supplier;

/** What is counted of runs; the reaper counts its own moves. Called when a statement of its own has been committed. */
@ApplicationScoped
class RunMetrics {
    /** Each of these ends a claim, whoever is moved. */
    private static final Set<Move> BY_OWNERS =
            EnumSet.of(Move.COMPLETED, Move.FAILED, Move.RETRIED, Move.RELEASED, Move.SUSPENDED);

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
        metrics.count(Metric.POSSIBLE_OVERLAP, 0);
        revokedKeys(0);
        for (var move : Move.values()) {
            if (move.closesLease()) {
                endedKeys(move, 0);
            }
        }
    }

    public void moved(Move move, long runs) {
        metrics.count(Metric.MOVES, runs, move.eventType());
        if (BY_OWNERS.contains(move)) {
            endedKeys(move, runs);
        }
    }

    /** Claims were ended by the move, and their keys with them. */
    void endedKeys(Move move, long claims) {
        metrics.count(Metric.KEYS_REVOKED, claims, move.eventType());
    }

    void revokedKeys(long keys) {
        metrics.count(Metric.KEYS_REVOKED, keys, "revoked");
    }

    /** So long two may have had the same run. */
    void overlapped(Duration time) {
        metrics.count(Metric.POSSIBLE_OVERLAP, time.plusMillis(999).toSeconds());
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
