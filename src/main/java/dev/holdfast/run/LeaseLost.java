package dev.holdfast.run;

import dev.holdfast.platform.problem.Problem;
import dev.holdfast.run.Standings.Standing;

/** The fence is not, or no longer, that of the run's present claim: 409, and nothing was changed. */
final class LeaseLost extends Problem {
    private static final long serialVersionUID = 1;

    LeaseLost(Standing standing) {
        super(
                409,
                "lease_lost",
                "Fence %d is not the present owner's; the run is %s at fence %d. Stop working on it."
                        .formatted(standing.yours(), standing.state().id(), standing.current()));
        with("yours", standing.yours());
        with("current", standing.current());
        with("state", standing.state());
        with("lostAt", standing.lostAt());
        with("lostBecause", standing.lostBecause());
    }
}
