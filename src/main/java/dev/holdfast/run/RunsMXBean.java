package dev.holdfast.run;

/** Runs of all tenants, as JMX moves and explains them: each by its id, which no other run of any tenant has. */
public interface RunsMXBean {
    /** Cancels a run in whatever state it is. @return whether that moved it, and what it is now, as JSON */
    String cancel(String id);

    /** Queues a run again that failed, was paused or has a dead owner. @return the run as JSON */
    String resume(String id);

    /** @return why the run is where it is, as JSON */
    String explain(String id);
}
