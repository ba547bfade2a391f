package dev.holdfast.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Why a run is where it is.
 *
 * @param because each reason in order: what must change first comes first
 * @param liveness how its owner is judged; null unless in flight
 * @param lastVerdict the last that a sweep found of it; null if none did
 */
public record Explanation(RunState state, List<Reason> because, Liveness liveness, Verdict lastVerdict) {

    /** @param since null where it has no beginning worth telling @param until null where no time ends it */
    public record Reason(String code, String text, Instant since, Instant until) {}

    /**
     * @param rule by which the reaper would act: also the failure code
     * @param limit that the rule allows
     * @param staleAt from when on, that instant included, the owner is dead to the lane
     * @param judgedFrom when the reaper judges at the earliest, if that is later: after an outage, or held by the breaker
     */
    public record Liveness(
            String rule,
            String heartbeat,
            Duration limit,
            Instant claimedAt,
            Instant lastHeartbeatAt,
            Instant staleAt,
            boolean stale,
            Instant judgedFrom) {}
}
