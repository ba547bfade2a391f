package dev.holdfast.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks for as many runs as there are free places, again and again, and pauses longer and longer while Holdfast is away. */
final class ClaimLoop implements Runnable {
    private static final System.Logger LOG = System.getLogger(ClaimLoop.class.getName());

    /** Fetches up to so many claims; may wait for them. */
    interface Source {
        List<Claim> claim(int max);
    }

    private final Source source;
    private final Consumer<Claim> taker;
    private final Duration wait;
    private final Backoff backoff;
    private final Semaphore places;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private int failures;

    ClaimLoop(Source source, Consumer<Claim> taker, int places, Duration wait, Backoff backoff) {
        this.source = source;
        this.taker = taker;
        this.places = new Semaphore(places);
        this.wait = wait;
        this.backoff = backoff;
    }

    @Override
    public void run() {
        try {
            while (!isStopped()) {
                places.acquire();
                if (!isStopped()) {
                    fill(1 + places.drainPermits());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void fill(int free) throws InterruptedException {
        long start = System.nanoTime();
        List<Claim> claims = claimed(free);
        places.release(free - Math.min(free, claims.size()));
        claims.forEach(taker);
        // A node that drains answers empty before the wait is over; asking it again at once would be a busy loop.
        if (claims.isEmpty() && failures == 0 && System.nanoTime() - start < wait.toNanos() / 2) {
            pause(backoff.first());
        }
    }

    private List<Claim> claimed(int free) throws InterruptedException {
        try {
            List<Claim> claims = source.claim(free);
            failures = 0;
            return claims;
        } catch (RuntimeException e) {
            failures++;
            Duration pause = backoff.pause(e, failures);
            LOG.log(System.Logger.Level.WARNING, "No claim, asking again in {0}: {1}", pause, e.getMessage());
            pause(pause);
            return List.of();
        }
    }

    private void pause(Duration pause) throws InterruptedException {
        stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** A run that was taken is over. */
    void placeFreed() {
        places.release();
    }

    /** No further claims; one that is under way still comes home. */
    void stop() {
        stopped.countDown();
        places.release();
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }
}
