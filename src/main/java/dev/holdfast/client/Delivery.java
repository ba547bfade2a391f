package dev.holdfast.client;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Tells an outcome again and again while Holdfast is away, until it is taken, refused, or the worker has no time left. */
final class Delivery {
    private static final System.Logger LOG = System.getLogger(Delivery.class.getName());

    private final Backoff backoff;
    private final CountDownLatch outOfTime = new CountDownLatch(1);

    Delivery(Backoff backoff) {
        this.backoff = backoff;
    }

    /** Throws {@link Problem} if refused, {@link Unreachable} or a passing problem if the time is over. */
    void deliver(RunExecution execution, Runnable telling) {
        for (int failures = 1; ; failures++) {
            try {
                telling.run();
                return;
            } catch (Problem | Unreachable e) {
                if (!Transport.isPassing(e) || endsWhilePausing(e, failures)) {
                    throw e;
                }
                LOG.log(
                        System.Logger.Level.WARNING,
                        "Telling the outcome of {0} again: {1}",
                        execution,
                        e.getMessage());
            }
        }
    }

    private boolean endsWhilePausing(RuntimeException failure, int failures) {
        try {
            return outOfTime.await(backoff.pause(failure, failures).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** From now on each outcome is told at most once. */
    void endTries() {
        outOfTime.countDown();
    }
}
