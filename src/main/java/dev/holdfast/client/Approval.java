package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;

/**
 * A question to people about one exact action of a run, as Holdfast showed it.
 *
 * @param slot names the question within its run
 * @param args of the action; null if it has none
 * @param argsDigest SHA-256 of the arguments' canonical JSON (RFC 8785), in hex
 * @param status {@code pending, approved, denied, expired} or {@code withdrawn}
 * @param deadline from then on nobody can decide
 * @param required how many must approve
 * @param onDeny {@code continue, fail} or {@code cancel}
 * @param onExpiry {@code fail, deny} or {@code approve}
 * @param endedAt null while pending
 * @param redeemedAt null until the action was begun
 */
public record Approval(
        String id,
        String runId,
        String slot,
        String action,
        String title,
        String description,
        JsonNode args,
        String argsDigest,
        boolean delegated,
        String status,
        Instant deadline,
        int required,
        List<Decision> decisions,
        String onDeny,
        String onExpiry,
        Instant requestedAt,
        Instant endedAt,
        Instant redeemedAt,
        String conversationId,
        String endUser,
        String lane,
        long version) {

    /** What one approver said. {@code reason} may be null. */
    public record Decision(String approver, boolean approved, String reason, Instant at) {}

    /** Whether people have yet to decide. */
    public boolean isPending() {
        return "pending".equals(status);
    }

    /** Whether the action may be done: people approved it, or said beforehand that their silence does. */
    public boolean isGranted() {
        return "approved".equals(status) || "expired".equals(status) && "approve".equals(onExpiry);
    }
}
