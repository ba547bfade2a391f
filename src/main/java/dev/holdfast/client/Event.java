package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/** One line of a run's timeline. {@code from, to, fence, reason, data} and {@code correlationId} may be null. Ids rise within a run. */
public record Event(
        String id,
        String runId,
        String type,
        Instant at,
        Actor actor,
        String from,
        String to,
        Long fence,
        String reason,
        JsonNode data,
        String correlationId) {

    /** Who did it: {@code kind} is producer, worker, approver, operator, reaper, schedule or system; {@code id} may be null. */
    public record Actor(String kind, String id) {}
}
