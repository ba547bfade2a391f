package dev.holdfast.client.cli;

import dev.holdfast.client.NoKey;
import dev.holdfast.client.Problem;
import dev.holdfast.client.Unreachable;
import java.util.Set;

/** How the command line ends, for scripts. */
final class ExitCode {
    static final int OK = 0;
    /** Holdfast understood, and refused: unknown, a conflict, not valid. */
    static final int REFUSED = 1;
    /** What was typed makes no sense; nothing was asked. */
    static final int USAGE = 2;
    /** No answer came, or Holdfast is busy or away. */
    static final int UNREACHABLE = 3;
    /** The key is missing, dead or may not do this. */
    static final int UNAUTHORIZED = 4;
    /** All was answered, but it is not well: the run did not complete, the doctor found something. */
    static final int NOT_WELL = 5;

    private static final Set<Integer> OF_KEYS = Set.of(401, 403);

    private ExitCode() {}

    static int of(Throwable failure) {
        if (failure instanceof Problem problem) {
            return OF_KEYS.contains(problem.status()) ? UNAUTHORIZED : problem.isPassing() ? UNREACHABLE : REFUSED;
        }
        return failure instanceof NoKey ? UNAUTHORIZED : failure instanceof Unreachable ? UNREACHABLE : USAGE;
    }
}
