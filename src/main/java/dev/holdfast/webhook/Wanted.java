package dev.holdfast.webhook;

import dev.holdfast.lane.LaneName;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.ArrayList;
import java.util.List;

/** A webhook as an operator asks for it. @param lanes null for all, and for what is of none */
record Wanted(
        @NotNull(message = "is required") String url,

        @NotNull(message = "is required") @Size(min = 1, max = 50, message = "must name 1 to 50 types of events")
        List<@NotNull(message = "must be text") String> events,

        @Size(min = 1, max = 50, message = "must name 1 to 50 lanes")
        List<@NotNull(message = "must be text") @LaneName String> lanes,

        @Line String description) {

    /** @throws InvalidRequest if it could not be delivered to, or names no events */
    void requireSensible(Gate gate) {
        var violations = new ArrayList<Violation>();
        try {
            gate.checked(url);
        } catch (Gate.Refused e) {
            violations.add(new Violation("url", e.getMessage()));
        }
        for (int i = 0; i < events.size(); i++) {
            if (!EventTypes.isSensible(events.get(i))) {
                violations.add(new Violation(
                        "events[" + i + "]",
                        "must be a type of events, or the beginning of one and a '*': completed, lane_*, worker.*, *"));
            }
        }
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
    }
}
