package dev.holdfast.client;

import java.time.Duration;
import java.util.Optional;

/** The tries of one call: whether there is a next one, and when. */
final class Tries {
    private static final Duration AT_ONCE = Duration.ZERO;
    private static final int TOO_MANY_REQUESTS = 429;

    private final Call<?> call;
    private final Nodes nodes;
    private final Backoff backoff;
    private final Duration patience;
    private final long start = System.nanoTime();
    private int failures;

    Tries(Call<?> call, Nodes nodes, Backoff backoff, Duration patience) {
        this.call = call;
        this.nodes = nodes;
        this.backoff = backoff;
        this.patience = patience;
    }

    /** How long to pause after this failure; empty if it is final. Whoever is asked next, it is another node if there is one. */
    Optional<Duration> after(RuntimeException failure, String api) {
        failures++;
        boolean node = Transport.isPassing(failure) && !isTooMany(failure);
        if (node) {
            nodes.turnFrom(api);
        }
        if (!Transport.isPassing(failure) || !mayRepeat(failure)) {
            return Optional.empty();
        }
        Duration pause = node && failures < nodes.count() ? AT_ONCE : backoff.pause(failure, failures);
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        return elapsed.plus(pause).compareTo(patience) > 0 ? Optional.empty() : Optional.of(pause);
    }

    /** What was refused for being too much, or did not leave this machine, has had no effect. */
    private boolean mayRepeat(RuntimeException failure) {
        return call.repeatable() || isTooMany(failure) || failure instanceof Unreachable gone && gone.isUnsent();
    }

    private static boolean isTooMany(RuntimeException failure) {
        return failure instanceof Problem problem && problem.status() == TOO_MANY_REQUESTS;
    }
}
