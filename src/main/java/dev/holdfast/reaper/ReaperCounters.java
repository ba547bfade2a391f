package dev.holdfast.reaper;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What this node's sweeps have reaped since it started, by rule and outcome. */
@ApplicationScoped
public class ReaperCounters {
    private final Map<Reason, LongAdder> reaped = new ConcurrentHashMap<>();
    private volatile Sweep last;

    /** @param code of the rule @param outcome the state that came of it */
    record Reason(String code, String outcome) {}

    void count(Sweep sweep) {
        last = sweep;
        sweep.verdicts().stream()
                .filter(verdict -> verdict.phase().equals("leases"))
                .forEach(verdict -> reaped.computeIfAbsent(
                                new Reason(verdict.rule(), verdict.outcome()), reason -> new LongAdder())
                        .increment());
    }

    /** Reaped runs by rule. */
    Map<String, Long> byCode() {
        var sums = new TreeMap<String, Long>();
        reaped.forEach((reason, sum) -> sums.merge(reason.code(), sum.sum(), Long::sum));
        return sums;
    }

    /** The last sweep that wrote on this node; null if there was none yet. */
    Sweep last() {
        return last;
    }
}
