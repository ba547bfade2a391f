package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Map;

/**
 * A run as Holdfast showed it. Every member but {@code id}, {@code lane}, {@code state} and the numbers may be null: absent.
 *
 * @param state {@code queued, claimed, running, suspended, completed, failed} or {@code cancelled}
 * @param attempt how often it was claimed
 * @param failures how often an owner said failed
 * @param lost how often the reaper ended a claim
 * @param replayed true only in the reply to a repeated complete
 */
public record Run(
        String id,
        String lane,
        String type,
        String state,
        String waitingFor,
        int priority,
        JsonNode input,
        JsonNode result,
        Failure failure,
        JsonNode metadata,
        Map<String, String> labels,
        String subject,
        String conversationId,
        String endUser,
        String concurrencyKey,
        String parentRunId,
        int attempt,
        int failures,
        int lost,
        long fence,
        String workerId,
        Instant availableAt,
        Instant submittedAt,
        Instant claimedAt,
        Instant lastHeartbeatAt,
        Instant leaseExpiresAt,
        Instant endedAt,
        JsonNode progress,
        JsonNode checkpoint,
        long version,
        boolean replayed) {

    /** How a run failed. {@code category} is infrastructure, work, human or deadline; {@code details} and {@code at} may be null. */
    public record Failure(String code, String category, String message, JsonNode details, Instant at) {}

    /** Whether it has ended: completed, failed or cancelled. */
    public boolean isTerminal() {
        return "completed".equals(state) || "failed".equals(state) || "cancelled".equals(state);
    }

    /** Whether a worker holds it: claimed or running. */
    public boolean isInFlight() {
        return "claimed".equals(state) || "running".equals(state);
    }
}
