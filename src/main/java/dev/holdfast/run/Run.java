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

    @Column(updatable = false)
    private String lane;

    @Column(name = "concurrency_key", updatable = false)
    private String concurrencyKey;

    @Enumerated(EnumType.STRING)
    private RunState state;

    @Enumerated(EnumType.STRING)
    @Column(name = "last_state")
    private RunState lastState;

    @Enumerated(EnumType.STRING)
    @Column(name = "waiting_for")
    private WaitingFor waitingFor;

    @Column(name = "failure_code")
    private String failureCode;

    @Column(name = "failure_category")
    private String failureCategory;

    @Column(name = "failure_message")
    private String failureMessage;

    @Column(name = "failed_at")
    private Instant failedAt;

    private int attempt;

    private long fence;

    @Column(name = "worker_id")
    private String workerId;

    @Column(name = "available_at")
    private Instant availableAt;

    @Column(name = "claimed_at")
    private Instant claimedAt;

    @Column(name = "ended_at")
    private Instant endedAt;

    @Column(name = "approval_id")
    private UUID approvalId;

    @Version
    private long version;

    protected Run() {} // for JPA

    /** Whether cancelling would move this run at all. */
    boolean isCancellable() {
        return Move.CANCELLED.allowedFrom(state, waitingFor, false);
    }

    boolean isPausable() {
        return Move.PAUSED.allowedFrom(state, waitingFor, false);
    }

    /** @param stale whether its owner was dead, and has lost its lease for it */
    boolean isResumable(boolean stale) {
        return Move.RESUMED.allowedFrom(state, waitingFor, stale);
    }

    boolean isInFlight() {
        return RunState.IN_FLIGHT.contains(state);
    }

    /** Whether no worker may have it yet. @param now the database's */
    boolean waitsAfter(Instant now) {
        return availableAt.isAfter(now);
    }

    boolean awaitsApproval() {
        return waitingFor == WaitingFor.APPROVAL;
    }

    /** Ends the run by request; whoever owned it is fenced off. @param now the database's */
    void cancel(Instant now) {
        end(Move.CANCELLED, RunState.CANCELLED, now);
        fence++;
    }

    /** Queues the run with the answer that it waited for; its wait for a worker begins. @param now the database's */
    void goOn(Move move, UUID answer, Instant now) {
        move(move, RunState.QUEUED, false);
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

    /** Sets the run aside until an operator resumes it; whoever owned it is fenced off. */
    void pause() {
        move(Move.PAUSED, RunState.SUSPENDED, false);
        waitingFor = WaitingFor.OPERATOR;
        disown();
        fence++;
    }

    /** Queues the run again, claimable at once. @param now the database's @param stale see {@link #isResumable} */
    void resume(Instant now, boolean stale) {
        move(Move.RESUMED, RunState.QUEUED, stale);
        beginAnew(now);
        disown();
    }

    /** Gives the run to a worker without a wait in the queue. @param now see {@link #resume}, so is {@code stale} */
    void resumeFor(String worker, Instant now, boolean stale) {
        move(Move.RESUMED, RunState.CLAIMED, stale);
        beginAnew(now);
        workerId = worker;
        claimedAt = now;
        attempt++;
    }

    /** Null unless it has failed; without the details. */
    Failure failure() {
        return failureCode == null ? null : new Failure(failureCode, failureCategory, failureMessage, null, failedAt);
    }

    String lane() {
        return lane;
    }

    String concurrencyKey() {
        return concurrencyKey;
    }

    RunState state() {
        return state;
    }

    WaitingFor waitingFor() {
        return waitingFor;
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
        move(move, to, false);
        waitingFor = null;
        endedAt = now;
    }

    private void beginAnew(Instant now) {
        waitingFor = null;
        endedAt = null;
        failureCode = null;
        failureCategory = null;
        failureMessage = null;
        failedAt = null;
        availableAt = now;
        fence++;
    }

    private void disown() {
        workerId = null;
        claimedAt = null;
    }

    private void move(Move move, RunState to, boolean stale) {
        if (!move.allowedFrom(state, waitingFor, stale) || !move.targets().contains(to)) {
            throw new IllegalStateException(
                    "run " + id + " of tenant " + tenantId + " cannot be " + move.eventType() + " from " + state.id());
        }
        lastState = state;
        state = to;
    }
}
