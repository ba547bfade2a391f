package dev.holdfast.run;

import dev.holdfast.platform.problem.Problem;

/** The table of moves has no such move from where the run is: 409, with where that is. */
final class IllegalMove extends Problem {
    private static final long serialVersionUID = 1;

    /** @param waitingFor null unless suspended */
    IllegalMove(Move move, RunState state, WaitingFor waitingFor) {
        super(
                409,
                "illegal_move",
                "A run that is %s%s cannot be %s."
                        .formatted(
                                state.id(),
                                waitingFor == null ? "" : " (waiting for " + waitingFor.id() + ")",
                                move.eventType()));
        with("currentState", state);
        with("waitingFor", waitingFor);
    }
}
