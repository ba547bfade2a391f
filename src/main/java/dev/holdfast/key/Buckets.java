package dev.holdfast.key;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A bucket of tokens for each caller: filled at a steady rate up to a burst, a token less with each request. */
final class Buckets {
    /** Beyond it those that have filled up are forgotten: a new one would be full as well. */
    static final int MANY = 10_000;

    private static final double NANOS = 1e9;

    private final Map<Object, Level> levels = new ConcurrentHashMap<>();
    private final int perSecond;
    private final int burst;

    Buckets(int perSecond, int burst) {
        this.perSecond = perSecond;
        this.burst = burst;
    }

    /** How full a bucket was when the last token was taken. */
    private record Level(double tokens, long nanos) {}

    /** @param nanos of a clock that only runs on @return how long until there is a token; zero if one was taken */
    Duration take(Object caller, long nanos) {
        if (levels.size() > MANY) {
            levels.values().removeIf(level -> tokens(level, nanos) >= burst);
        }
        var wait = new Duration[] {Duration.ZERO};
        levels.compute(caller, (who, level) -> {
            double tokens = level == null ? burst : tokens(level, nanos);
            if (tokens < 1) {
                wait[0] = Duration.ofNanos((long) Math.ceil((1 - tokens) / perSecond * NANOS));
                return level;
            }
            return new Level(tokens - 1, nanos);
        });
        return wait[0];
    }

    int known() {
        return levels.size();
    }

    private double tokens(Level level, long nanos) {
        return Math.min(burst, level.tokens + (nanos - level.nanos) / NANOS * perSecond);
    }
}
