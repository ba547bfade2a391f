package dev.holdfast.event;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.util.UUID;

/**
 * One line of a run's timeline, or of a tenant's own.
 *
 * @param id the event's number within its timeline, padded so that it rises as text too
 * @param runId null if it is the tenant's own
 * @param from null if the run was not moved, or has just been made
 * @param to null if the run was not moved
 * @param data JSON, null if none
 */
@JsonPropertyOrder({"id", "runId", "type", "at", "actor", "from", "to", "fence", "reason", "data", "correlationId"})
public record Event(
        String id,
        UUID runId,
        String type,
        Instant at,
        Actor actor,
        String from,
        String to,
        long fence,
        String reason,
        @JsonRawValue String data,
        String correlationId) {
    Event withoutRun() {
        return new Event(id, null, type, at, actor, from, to, fence, reason, data, correlationId);
    }

    Event withoutData() {
        return new Event(id, runId, type, at, actor, from, to, fence, reason, null, correlationId);
    }

    public static String id(int number) {
        return "%010d".formatted(number);
    }
}
