package dev.holdfast.client;

/**
 * The run waits for people now and is no worker's: let this pass through the handler. When they have decided, the run is
 * claimed again, by any worker, and the same question is answered.
 */
public final class Suspended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Suspended(Approval approval) {
        super("The run waits for the approval " + approval.id(), null, false, false);
    }
}
