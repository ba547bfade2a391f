package dev.holdfast.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.lane.LaneName;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.constraints.NotNull;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;

/** A schedule as an operator asks for it; what is left out is the default. */
record Wanted(
        @NotNull(message = "is required") @LaneName String name,
        @NotNull(message = "is required") @LaneName String lane,
        @Line String type,
        @NotNull(message = "is required") @Line String cron,
        @Line String timeZone,
        JsonNode input,
        Overlap overlap,
        CatchUp catchUp,
        Boolean enabled) {

    Wanted {
        timeZone = timeZone == null ? "UTC" : timeZone;
        overlap = overlap == null ? Overlap.SKIP : overlap;
        catchUp = catchUp == null ? CatchUp.ONE : catchUp;
        enabled = enabled == null || enabled;
    }

    /**
     * When it fires first; null while it is disabled.
     *
     * @throws InvalidRequest if the cron expression or the time zone is none, or it never fires
     */
    Instant first(Instant now) {
        var violations = new ArrayList<Violation>();
        var zone = zone(violations);
        var cron = cron(zone, violations);
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
        var first = cron.after(now).orElseThrow(() -> new InvalidRequest("cron", "never fires"));
        return enabled ? first : null;
    }

    String inputText() {
        return Json.text(input);
    }

    private ZoneId zone(ArrayList<Violation> violations) {
        try {
            return ZoneId.of(timeZone);
        } catch (DateTimeException e) {
            violations.add(new Violation("timeZone", "must be a time zone, like Europe/Berlin or UTC"));
            return ZoneId.of("UTC");
        }
    }

    private Cron cron(ZoneId zone, ArrayList<Violation> violations) {
        try {
            return Cron.of(cron, zone);
        } catch (IllegalArgumentException e) {
            violations.add(new Violation("cron", e.getMessage()));
            return null;
        }
    }
}
