package dev.holdfast.webhook;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after a failure: 5 seconds, twice as long each time, an hour at the most; each up to a half less. */
final class Backoff {
    /** Failing for so long, a webhook is disabled. */
    static final Duration PATIENCE = Duration.ofDays(1);

    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration MOST = Duration.ofHours(1);
    private static final int DOUBLINGS = 10;

    private Backoff() {}

    /** @param failed attempts so far, 1 at least @param retryAfter what the receiver asked for, or null: that long at the least */
    static Duration after(int failed, Duration retryAfter, RandomGenerator random) {
        var full = FIRST.multipliedBy(1L << Math.min(failed - 1, DOUBLINGS));
        var capped = full.compareTo(MOST) > 0 ? MOST : full;
        var wait = capped.minusMillis(random.nextLong(capped.toMillis() / 2));
        if (retryAfter == null || retryAfter.compareTo(wait) < 0) {
            return wait;
        }
        return retryAfter.compareTo(PATIENCE) > 0 ? PATIENCE : retryAfter;
    }
}
