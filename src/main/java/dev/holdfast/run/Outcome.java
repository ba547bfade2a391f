package dev.holdfast.run;

import dev.holdfast.platform.problem.Problem;

/** What became of one item of a batch, or of a lone call: a value or a problem. */
record Outcome<T>(T value, Problem problem) {
    static <T> Outcome<T> done(T value) {
        return new Outcome<>(value, null);
    }

    static <T> Outcome<T> refused(Problem problem) {
        return new Outcome<>(null, problem);
    }

    T orThrow() {
        if (problem != null) {
            throw problem;
        }
        return value;
    }
}
