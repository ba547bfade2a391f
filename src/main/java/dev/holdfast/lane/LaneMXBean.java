package dev.holdfast.lane;

/** One lane of one tenant, as JMX shows it; counts may be a few seconds old. */
public interface LaneMXBean {
    long getQueued();

    /** Runs that a worker holds. */
    long getInFlight();

    long getSuspended();

    /** How long the oldest claimable run has waited; 0 if none waits. */
    double getOldestQueuedAgeSeconds();

    boolean isPaused();

    /** 0 for no limit. */
    int getMaxInFlight();

    /** @param limit 0 for none */
    void setMaxInFlight(int limit);

    /** Nothing of a paused lane is claimed. */
    void pause();

    void unpause();
}
