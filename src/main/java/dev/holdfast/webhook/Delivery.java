package dev.holdfast.webhook;

import dev.holdfast.webhook.Attempt.Outcome;
import java.time.Instant;
import java.util.UUID;

/**
 * One attempt, as its tenant reads of it later.
 *
 * @param runId whose event it was; null if it was the tenant's own
 * @param eventId the event's number within its timeline
 * @param attempt the how manieth at this event
 * @param replay whether somebody wanted the event delivered once more
 * @param status of the answer; null without one
 * @param error what was wrong; null if nothing
 */
record Delivery(
        UUID id,
        UUID runId,
        String eventId,
        String messageId,
        String type,
        int attempt,
        boolean replay,
        Outcome outcome,
        Integer status,
        int latencyMillis,
        String error,
        Instant at) {}
