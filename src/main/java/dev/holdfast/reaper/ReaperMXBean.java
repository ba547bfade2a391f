package dev.holdfast.reaper;

import java.util.Map;

/** The reaper, as JMX shows it. Sweeps asked for here are of all tenants, and in the history of tenant {@code default}. */
public interface ReaperMXBean {
    /** Of this node's last sweep; empty if it has not carried one out. */
    String getLastSweepId();

    /** When that sweep began, in RFC 3339; empty if there was none. */
    String getLastSweepAt();

    /** Since the last successful sweep of any node; -1 if there was none. */
    long getAgeSeconds();

    /** What that sweep took; -1 if there was none. */
    long getDurationMillis();

    /** Runs taken from dead owners by this node since its start, by rule. */
    Map<String, Long> getReapedByCode();

    /** Whether the timer sweeps, on any node. */
    boolean isEnabled();

    /** Sweeps now. @return the sweep as JSON, without its verdicts: the history has them */
    String sweep();

    /** What a sweep would do now. @return a sweep as JSON, with its first hundred verdicts */
    String dryRun();

    /** Takes every run whose owner was last heard of so long ago, whatever its lane's clocks say. @return as of a sweep */
    String cleanupStaleRuns(long seconds);

    /** Keeps all nodes' timers from sweeping: dead owners are not found until {@link #unpause}. */
    void pause();

    void unpause();
}
