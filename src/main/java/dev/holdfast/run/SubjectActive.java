package dev.holdfast.run;

import dev.holdfast.platform.problem.Problem;
import java.util.UUID;

/** The run's subject has another active run: 409, naming it. */
final class SubjectActive extends Problem {
    private static final long serialVersionUID = 1;

    SubjectActive(UUID active) {
        super(409, "subject_active", "Another run of this lane about this subject has not ended yet.");
        with("activeRunId", active);
    }
}
