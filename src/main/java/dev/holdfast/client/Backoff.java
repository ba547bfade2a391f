package dev.holdfast.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** How long to wait before the next try: doubling from {@code first} up to {@code most}, a random part of it (jitter). */
record Backoff(Duration first, Duration most) {
    static final Backoff DEFAULT = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));

    /** The wait after the given number of failures in a row (1 = the first), at least half of the doubled step. */
    Duration after(int failures) {
        long step = first.toMillis() << Math.min(failures - 1, 20);
        long bound = Math.max(1, Math.min(step, most.toMillis()));
        return Duration.ofMillis(bound / 2 + ThreadLocalRandom.current().nextLong(bound / 2 + 1));
    }

    /** The same, or what Holdfast asked for in its refusal if that is longer. */
    Duration pause(RuntimeException failure, int failures) {
        Duration asked =
                failure instanceof Problem problem ? problem.retryAfter().orElse(Duration.ZERO) : Duration.ZERO;
        Duration own = after(failures);
        return asked.compareTo(own) > 0 ? asked : own;
    }
}
