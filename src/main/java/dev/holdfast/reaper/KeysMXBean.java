package dev.holdfast.reaper;

/** Keys of all tenants, as JMX ends them. */
public interface KeysMXBean {
    /** Ends the key of a run's present claim; the run and its lease stay. @return whether there was such a claim */
    boolean revokeRun(String runId);

    /** Notes which keys have expired, as a sweep's phase {@code keys} does. @return the sweep as JSON */
    String expireStale();
}
