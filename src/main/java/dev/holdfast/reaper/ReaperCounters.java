package dev.holdfast.reaper;

import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.run.Move;
import dev.holdfast.run.RunState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What this node's sweeps have done since it started. */
@ApplicationScoped
public class ReaperCounters {
    private static final Map<String, Move> MOVES = Map.of(
            "leases", Move.REAPED,
            "approvals", Move.APPROVAL_EXPIRED,
            "timers", Move.WOKEN,
            "queue", Move.QUEUE_EXPIRED,
            "runs", Move.RUN_EXPIRED);

    private final Map<String, LongAdder> reaped = new ConcurrentHashMap<>();
    private final Metrics metrics;
    private volatile Sweep last;

    protected ReaperCounters() { // for the proxy
        this(null);
    }

    @Inject
    ReaperCounters(Metrics metrics) {
        this.metrics = metrics;
    }

    // Seen at zero first: else no rate has a first reap in it.
    void begin(@Observes Startup startup) {
        for (var rule : List.of("worker_heartbeat_lost", "claim_expired", "orphaned")) {
            metrics.count(Metric.REAPED, 0, rule, RunState.QUEUED.id());
            metrics.count(Metric.REAPED, 0, rule, RunState.FAILED.id());
        }
    }

    void count(Sweep sweep) {
        last = sweep;
        metrics.took(Metric.SWEEP_TIME, Duration.between(sweep.startedAt(), sweep.endedAt()));
        for (var verdict : sweep.verdicts()) {
            var move = MOVES.get(verdict.phase());
            if (move != null) {
                metrics.count(Metric.MOVES, 1, move.eventType());
            }
            if (move == Move.REAPED) {
                metrics.count(Metric.REAPED, 1, verdict.rule(), verdict.outcome());
                metrics.count(Metric.KEYS_REVOKED, 1, move.eventType());
                reaped.computeIfAbsent(verdict.rule(), rule -> new LongAdder()).increment();
            }
        }
    }

    /** Reaped runs by rule. */
    Map<String, Long> byCode() {
        var sums = new TreeMap<String, Long>();
        reaped.forEach((rule, sum) -> sums.put(rule, sum.sum()));
        return sums;
    }

    /** The last sweep that wrote on this node; null if there was none yet. */
    Sweep last() {
        return last;
    }
}
