package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.holdfast.lane.Staleness;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/** A run as the API shows it, its lease included. Payloads are JSON text, as they were given; what is absent is null. */
public record RunRow(
        UUID id,
        String lane,
        String type,
        RunState state,
        String waitingFor,
        int priority,
        @JsonRawValue String input,
        @JsonRawValue String result,
        Failure failure,
        @JsonRawValue String metadata,
        @JsonRawValue String labels,
        String subject,
        String conversationId,
        String endUser,
        String concurrencyKey,
        UUID parentRunId,
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
        @JsonRawValue String progress,
        @JsonRawValue String checkpoint,
        long version,
        @JsonIgnore UUID approvalId,
        @JsonIgnore byte[] idempotencyDigest) {

    private static final String OF_RUN = """
            r.id, r.lane, r.type, r.state, r.waiting_for, r.priority, r.input, r.result, r.failure_code,
            r.failure_category, r.failure_message, r.failure_details, r.failed_at, r.metadata, r.labels, r.subject,
            r.conversation_id, r.end_user, r.concurrency_key, r.parent_run_id, r.attempt, r.failures, r.lost, r.fence,
            r.worker_id, r.available_at, r.submitted_at, r.claimed_at, r.ended_at, r.version, r.approval_id,
            r.idempotency_digest""";

    /** The columns of a run {@code r} that holds no lease. */
    static final String UNLEASED = OF_RUN + """
            , r.last_heartbeat_at, cast(null as timestamptz) as lease_expires_at, r.progress, r.checkpoint""";

    /** The columns of a run {@code r} with the lease {@code l} and lane {@code p} that it may have. */
    static final String LEASED = OF_RUN + """
            , coalesce(l.last_heartbeat_at, r.last_heartbeat_at) as last_heartbeat_at, %s as lease_expires_at,
            coalesce(l.progress, r.progress) as progress, coalesce(l.checkpoint, r.checkpoint) as checkpoint""".formatted(Staleness.EXPIRES_AT);

    static RunRow of(ResultSet row) throws SQLException {
        return new RunRow(
                row.getObject("id", UUID.class),
                row.getString("lane"),
                row.getString("type"),
                RunState.of(row.getString("state")),
                row.getString("waiting_for"),
                row.getInt("priority"),
                row.getString("input"),
                row.getString("result"),
                failure(row),
                row.getString("metadata"),
                row.getString("labels"),
                row.getString("subject"),
                row.getString("conversation_id"),
                row.getString("end_user"),
                row.getString("concurrency_key"),
                row.getObject("parent_run_id", UUID.class),
                row.getInt("attempt"),
                row.getInt("failures"),
                row.getInt("lost"),
                row.getLong("fence"),
                row.getString("worker_id"),
                instant(row, "available_at"),
                instant(row, "submitted_at"),
                instant(row, "claimed_at"),
                instant(row, "last_heartbeat_at"),
                instant(row, "lease_expires_at"),
                instant(row, "ended_at"),
                row.getString("progress"),
                row.getString("checkpoint"),
                row.getLong("version"),
                row.getObject("approval_id", UUID.class),
                row.getBytes("idempotency_digest"));
    }

    private static Failure failure(ResultSet row) throws SQLException {
        var code = row.getString("failure_code");
        return code == null
                ? null
                : new Failure(
                        code,
                        row.getString("failure_category"),
                        row.getString("failure_message"),
                        row.getString("failure_details"),
                        instant(row, "failed_at"));
    }
}
