package dev.holdfast.run;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;

/**
 * A run as people move it: loaded, judged, moved and flushed, its {@code @Version} deciding who was first. Holds what
 * such a move reads or writes; {@link RunRow} is what the API shows.
 */
@Entity
@Table(name = "runs")
public class Run {
    @Id
    private UUID id;

    @Column(name = "tenant_id", updatable = false)
    private UUID tenantId;

    @Enumerated(EnumType.STRING)
    private RunState state;

    @Enumerated(EnumType.STRING)
    @Column(name = "last_state")
    private RunState lastState;

    @Enumerated(EnumType.STRING)
    @Column(name = "waiting_for")
    private WaitingFor waitingFor;

    private long fence;

    @Column(name = "available_at")
    private Instant availableAt;

    @Column(name = "ended_at")
    private Instant endedAt;

    @Column(name = "approval_id")
    private UUID approvalId;

    @Column(name = "failure_code")
    private String failureCode;

    @Column(name = "failure_category")
    private String failureCategory;

    @Column(name = "failure_message")
    private String failureMessage;

    @Column(name = "failed_at")
    private Instant failedAt;

    @Version
    private long version;

    protected Run() {} // for JPA

    /** Whether cancelling would move this run at all. */
    boolean isCancellable() {
        return Move.CANCELLED.allowedFrom(state, waitingFor, false);
    }

    boolean isInFlight() {
        return RunState.IN_FLIGHT.contains(state);
    }

    boolean waitsForApproval() {
        return waitingFor == WaitingFor.APPROVAL;
    }

    /** Ends the run by request; whoever owned it is fenced off. @param now the database's */
    void cancel(Instant now) {
        end(Move.CANCELLED, RunState.CANCELLED, now);
        fence++;
    }

    /** Queues the run with the answer that it waited for; its wait for a worker begins. @param now the database's */
    void goOn(Move move, UUID answer, Instant now) {
        move(move, RunState.QUEUED);
        waitingFor = null;
        approvalId = answer;
        availableAt = availableAt.isBefore(now) ? now : availableAt;
    }

    /** @param reason null if none was given @param now the database's */
    void failDenied(String reason, Instant now) {
        end(Move.DENIED, RunState.FAILED, now);
        failureCode = "approval_denied";
        failureCategory = "human";
        failureMessage = reason == null ? "A person has denied the run's approval." : reason;
        failedAt = now;
    }

    /** @param now the database's */
    void cancelDenied(Instant now) {
        end(Move.DENIED, RunState.CANCELLED, now);
    }

    RunState state() {
        return state;
    }

    RunState lastState() {
        return lastState;
    }

    long fence() {
        return fence;
    }

    long version() {
        return version;
    }

    private void end(Move move, RunState to, Instant now) {
        move(move, to);
        waitingFor = null;
        endedAt = now;
    }

    private void move(Move move, RunState to) {
        if (!move.allowedFrom(state, waitingFor, false) || !move.targets().contains(to)) {
            throw new IllegalStateException(
                    "run " + id + " of tenant " + tenantId + " cannot be " + move.eventType() + " from " + state.id());
        }
        lastState = state;
        state = to;
    }
}
