package dev.holdfast.run;

import dev.holdfast.platform.problem.Problem;
import java.util.UUID;

/** The run is where no resume may start: 409, with where it is and what to do instead. */
final class NotResumable extends Problem {
    private static final long serialVersionUID = 1;

    /** @param waitingFor null unless suspended */
    NotResumable(UUID run, RunState state, WaitingFor waitingFor) {
        super(409, "run_not_resumable", instead(run, state, waitingFor));
        with("currentState", state);
        with("waitingFor", waitingFor);
    }

    private static String instead(UUID run, RunState state, WaitingFor waitingFor) {
        return switch (state) {
            case COMPLETED -> "The run has completed, which is final. Submit a new one to do the work again.";
            case CANCELLED -> "The run was cancelled, which is final. Submit a new one to do the work after all.";
            case QUEUED -> "The run is queued: it waits for a worker already. Ask explain what keeps it waiting.";
            case CLAIMED, RUNNING ->
                "The run is %s, and its owner is alive by its lane's rules. Cancel it, or pause it and then resume it."
                        .formatted(state.id());
            case SUSPENDED ->
                waitingFor == WaitingFor.APPROVAL
                        ? "The run waits for an approval, and no resume leads round it. Decide it: GET /approvals?runId="
                                + run + " names it."
                        : "The run sleeps until its availableAt, and is then queued by itself. Cancel it if it shall not.";
            case FAILED -> "The run has failed and could not be resumed at this instant. Try again.";
        };
    }
}
