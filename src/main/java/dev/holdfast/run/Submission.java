package dev.holdfast.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.lane.LaneName;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;

/** What a producer asks for. Null wherever the producer leaves the choice to the lane. */
record Submission(
        @NotNull(message = "is required") @LaneName String lane,
        JsonNode input,
        @Line String type,

        @Min(value = -100, message = "must be from -100 to 100") @Max(value = 100, message = "must be from -100 to 100")
        Integer priority,

        Instant availableAt,
        @Within(min = "PT0S", max = "P3650D") Duration delay,
        @Line String subject,
        @Line String conversationId,
        @Line String endUser,
        @Line String concurrencyKey,

        @Size(max = 32, message = "must have at most 32 members")
        Map<
                        @Pattern(
                                regexp = "[A-Za-z0-9][A-Za-z0-9._/-]{0,62}",
                                message =
                                        "must be 1 to 63 letters, digits, '.', '_', '/' or '-', the first a letter or digit")
                        String,
                        @NotNull(message = "must be a string")
                        @Size(max = 200, message = "must be at most 200 characters") String>
                labels,

        JsonNode metadata,

        @Min(value = 1, message = "must be from 1 to 1000") @Max(value = 1000, message = "must be from 1 to 1000")
        Integer maxAttempts,

        @Within(min = "PT0.001S", max = "P3650D") Duration queueTimeout,
        @Within(min = "PT0.001S", max = "P3650D") Duration runTimeout,
        UUID parentRunId,
        @Valid Question approval) {

    /** @throws InvalidRequest for what no single field can say */
    Submission {
        var violations = new ArrayList<Violation>();
        if (availableAt != null && delay != null) {
            violations.add(new Violation("delay", "cannot be given together with availableAt"));
        }
        if (metadata != null && !metadata.isNull() && !metadata.isObject()) {
            violations.add(new Violation("metadata", "must be a JSON object"));
        }
        if (metadata != null && Json.holdsNul(metadata)) {
            violations.add(new Violation("metadata", "must not hold the character U+0000"));
        }
        if (!violations.isEmpty()) {
            throw new InvalidRequest(violations);
        }
    }
}
