package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;

/** What a handler knows about its run, and what it may say while it works. Safe for use by several threads. */
public interface RunContext {
    /** The run as it was claimed. */
    Run run();

    /** The run's input; null if it was submitted without. */
    default JsonNode input() {
        return run().input();
    }

    /** Rises with each owner of the run: give it to whatever the work writes to, so that a late owner's write can be refused there. */
    long fence();

    /** How often the run has been claimed, this time included. */
    int attempt();

    /** What the last owner left as checkpoint; null if nothing. */
    JsonNode lastCheckpoint();

    /** The last question of the run that people, or its deadline, have answered; null if there was none. */
    Approval approval();

    /**
     * Asks people, and goes on only when they have decided: while they have not, this throws {@link Suspended}, which the
     * handler lets pass. The run then costs no worker; once decided it is claimed again, and this call, made again with the
     * same slot and arguments, brings the answer. What was said as checkpoint is kept.
     *
     * @return the decided question: see {@link Approval#isGranted()}
     * @throws Suspended as long as it is not decided
     * @throws Problem if Holdfast refuses it
     * @throws Unreachable if no answer came
     */
    Approval ask(Question question);

    /**
     * Makes use of an approval, once: to be called right before the action.
     *
     * @param args that the action will be done with
     * @throws Problem with code {@code approval_mismatch} if they are not what was approved, {@code approval_redeemed} if
     *     it was made use of before
     */
    void redeem(Approval approval, Object args);

    /** Whether the work should stop: the run is no longer this worker's, or the worker shuts down. The thread is interrupted too; the result is thrown away. */
    boolean stopRequested();

    /**
     * Is called once when the work should stop, at once, on the thread that learned of it: for work that an interrupt does
     * not reach, such as another process. When it should stop already, it is called now.
     */
    void onStop(Runnable action);

    /** Shows how far the work is; travels with the next heartbeat, the latest value only. Any value that Jackson can write. */
    void progress(Object progress);

    /** Leaves what the next owner needs to go on from here; travels like {@link #progress}, and before a failure or a release. */
    void checkpoint(Object checkpoint);

    /**
     * Adds a line to the run's timeline, at once.
     *
     * @param type begins with {@code worker.}
     * @param data any value that Jackson can write; may be null
     * @throws Problem if Holdfast refuses it
     * @throws Unreachable if no answer came
     */
    void event(String type, Object data);
}
