package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The calls of {@link HoldfastClient}, without blocking: from {@link HoldfastClient#async()}. They are repeated as those are;
 * no thread waits meanwhile. A future ends with {@link Problem} or {@link Unreachable} as its cause when the call fails. To
 * cancel it takes back nothing that Holdfast may have been told. {@link ClaimedRun} has the owner's side of a claim.
 */
public final class AsyncHoldfast {
    private final Transport transport;
    private final String key;

    AsyncHoldfast(Transport transport, String key) {
        this.transport = transport;
        this.key = key;
    }

    /** @see HoldfastClient#submit(Submission) */
    public CompletableFuture<Run> submit(Submission submission) {
        return submit(submission, null);
    }

    /** @see HoldfastClient#submit(Submission, String) */
    public CompletableFuture<Run> submit(Submission submission, String idempotencyKey) {
        return send(Calls.submit(submission, idempotencyKey));
    }

    /** @see HoldfastClient#submitAll */
    public CompletableFuture<List<Submitted>> submitAll(List<Submission> submissions) {
        return send(Calls.submitAll(submissions));
    }

    /** @see HoldfastClient#get */
    public CompletableFuture<Run> get(String runId) {
        return send(Calls.get(runId));
    }

    /** @see HoldfastClient#explain */
    public CompletableFuture<JsonNode> explain(String runId) {
        return send(Calls.explain(runId));
    }

    /** @see HoldfastClient#list */
    public CompletableFuture<Page<Run>> list(RunQuery query) {
        return send(Calls.list(query));
    }

    /** @see HoldfastClient#events */
    public CompletableFuture<Page<Event>> events(String runId, String after) {
        return send(Calls.events(runId, after));
    }

    /** @see HoldfastClient#cancel */
    public CompletableFuture<Cancellation> cancel(String runId, String reason) {
        return send(Calls.cancel(runId, reason));
    }

    /** @see HoldfastClient#resume */
    public CompletableFuture<Run> resume(String runId, String reason) {
        return send(Calls.resume(runId, reason));
    }

    /** @see HoldfastClient#pause */
    public CompletableFuture<Run> pause(String runId, String reason) {
        return send(Calls.pause(runId, reason));
    }

    /** @see HoldfastClient#approval */
    public CompletableFuture<Approval> approval(String approvalId) {
        return send(Calls.approval(approvalId));
    }

    /** @see HoldfastClient#pendingApprovals */
    public CompletableFuture<Page<Approval>> pendingApprovals(String cursor) {
        return send(Calls.pendingApprovals(cursor));
    }

    /** @see HoldfastClient#approvalsOf */
    public CompletableFuture<Page<Approval>> approvalsOf(String runId) {
        return send(Calls.approvalsOf(runId));
    }

    /** @see HoldfastClient#decide */
    public CompletableFuture<Approval> decide(String approvalId, boolean approved, String reason, String argsDigest) {
        return send(Calls.decide(approvalId, approved, reason, argsDigest));
    }

    /** @see HoldfastClient#claim */
    public CompletableFuture<List<Claim>> claim(String workerId, Collection<String> lanes, int max, Duration wait) {
        return send(Calls.claim(workerId, lanes, max, wait));
    }

    private <T> CompletableFuture<T> send(Call<T> call) {
        return transport.sendAsync(call, key);
    }

    /** The addresses, without the key. */
    @Override
    public String toString() {
        return "AsyncHoldfast[" + transport + "]";
    }
}
