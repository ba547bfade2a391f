package dev.holdfast.key;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A bucket of tokens for each caller: filled at a steady rate up to a burst, a token less with each request. */
final class Buckets {
    /** Beyond it, buckets that are full are forgotten now and then: a new one would be full as well. */
    static final int MANY = 10_000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Map<Object, Long> fullAt = new ConcurrentHashMap<>();
    private final AtomicLong forgottenAt;
    private final long nanosPerToken;
    private final long nanosToFill;

    /** @param nanos what a clock that only runs on says now; so later too */
    Buckets(int perSecond, int burst, long nanos) {
        nanosPerToken = SECOND / perSecond;
        nanosToFill = burst * nanosPerToken;
        forgottenAt = new AtomicLong(nanos);
    }

    /** @return how long until there is a token; zero if one was taken */
    Duration take(Object caller, long nanos) {
        if (fullAt.size() > MANY) {
            forget(nanos);
        }
        var wait = new long[1];
        fullAt.compute(caller, (who, full) -> {
            long next = (full == null || full - nanos < 0 ? nanos : full) + nanosPerToken;
            wait[0] = Math.max(0, next - nanos - nanosToFill);
            return wait[0] == 0 ? next : full;
        });
        return Duration.ofNanos(wait[0]);
    }

    /** What was taken was not for what the bucket is against. */
    void giveBack(Object caller) {
        fullAt.computeIfPresent(caller, (who, full) -> full - nanosPerToken);
    }

    int known() {
        return fullAt.size();
    }

    // Once a second, since each time looks at all.
    private void forget(long nanos) {
        long last = forgottenAt.get();
        if (nanos - last >= SECOND && forgottenAt.compareAndSet(last, nanos)) {
            fullAt.values().removeIf(full -> full - nanos <= 0);
        }
    }
}
