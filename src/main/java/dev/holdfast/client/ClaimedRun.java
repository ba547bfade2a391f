package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What the owner of a run says to Holdfast: each call carries the fence and the run's key. A {@link Problem} with code
 * {@code lease_lost} (409) or {@code key_revoked} (401) means that another owns the run now, or that it has ended.
 */
public final class ClaimedRun {
    private final Transport transport;
    private final String runId;
    private final long fence;
    private final String workerKey;
    private volatile String key;

    ClaimedRun(Transport transport, String runId, long fence, String runKey, String workerKey) {
        this.transport = transport;
        this.runId = runId;
        this.fence = fence;
        this.key = runKey;
        this.workerKey = workerKey;
    }

    /** Says that the owner lives. Both values may be null: nothing new. */
    public Beat heartbeat(JsonNode progress, JsonNode checkpoint) {
        return send(heartbeatCall(progress, checkpoint));
    }

    /** The same without blocking; ends with {@link Problem} or {@link Unreachable} when it fails. */
    public CompletableFuture<Beat> heartbeatAsync(JsonNode progress, JsonNode checkpoint) {
        return sendAsync(heartbeatCall(progress, checkpoint));
    }

    private Call<Beat> heartbeatCall(JsonNode progress, JsonNode checkpoint) {
        ObjectNode body = Json.put(Json.put(fenced(), "progress", progress), "checkpoint", checkpoint);
        return post("/heartbeat", body).as(Beat.class);
    }

    /** Ends the run well. {@code result} and {@code metadata} may be null. A repeat answers with {@link Run#replayed()}. */
    public Run complete(JsonNode result, JsonNode metadata) {
        return sendLast(completeCall(result, metadata));
    }

    /** The same without blocking; ends with {@link Problem} or {@link Unreachable} when it fails. */
    public CompletableFuture<Run> completeAsync(JsonNode result, JsonNode metadata) {
        return sendLastAsync(completeCall(result, metadata));
    }

    private Call<Run> completeCall(JsonNode result, JsonNode metadata) {
        return post("/complete", Json.put(Json.put(fenced(), "result", result), "metadata", metadata))
                .as(Run.class);
    }

    /**
     * Asks people about one action. The run is suspended until they decide, unless they have: the same slot with the same
     * arguments is the same question.
     */
    public Approval ask(Question question) {
        ObjectNode body = fenced().setAll(question.body());
        return sendLast(post("/approvals", body).as(Approval.class));
    }

    /**
     * Makes use of an approval, once. Not repeated: a lost answer may have been the one that lets the action be done.
     *
     * @param args that the action will be done with; null for none
     */
    public Approval redeem(String approvalId, JsonNode args) {
        return send(Call.post(Calls.approval(approvalId, "/redeem"), Json.put(fenced(), "args", args))
                .as(Approval.class));
    }

    /** Says that the work failed; the reply is queued for another attempt, or failed. */
    public Run fail(Fault fault) {
        return send(failCall(fault));
    }

    /** The same without blocking; ends with {@link Problem} or {@link Unreachable} when it fails. */
    public CompletableFuture<Run> failAsync(Fault fault) {
        return sendAsync(failCall(fault));
    }

    private Call<Run> failCall(Fault fault) {
        ObjectNode failure = Json.object().put("code", fault.code()).put("message", fault.message());
        Json.put(failure, "details", fault.details());
        ObjectNode body = fenced().put("retryable", fault.retryable());
        body.set("failure", failure);
        Json.put(body, "retryAfter", fault.retryAfter());
        return post("/fail", body).as(Run.class);
    }

    /** Hands the run back unharmed: it is queued again, and no attempt is spent. */
    public Run release() {
        return send(post("/release", fenced()).as(Run.class));
    }

    /** The same without blocking; ends with {@link Problem} or {@link Unreachable} when it fails. */
    public CompletableFuture<Run> releaseAsync() {
        return sendAsync(post("/release", fenced()).as(Run.class));
    }

    /** Gives the run up until that time of the database's clock; then it is queued again, for any worker. */
    public Run sleepUntil(Instant time) {
        return send(post("/sleep", Json.put(fenced(), "until", time)).as(Run.class));
    }

    /**
     * Adds a line to the run's timeline. Not repeated, as it could then be there twice.
     *
     * @param type begins with {@code worker.}
     * @param data may be null
     */
    public void append(String type, JsonNode data) {
        ObjectNode event = Json.put(Json.object().put("type", type), "data", data);
        ObjectNode body = Json.put(fenced(), "events", List.of(event));
        send(Call.post(Calls.run(runId, "/events"), body));
    }

    /** Safe to repeat: the fence refuses it, or it says the same again. */
    private Call<JsonNode> post(String route, ObjectNode body) {
        return Call.post(Calls.run(runId, route), body).repeatedSafely();
    }

    private ObjectNode fenced() {
        return Json.object().put("fence", fence);
    }

    private <T> T send(Call<T> call) {
        try {
            return transport.send(call, key);
        } catch (Problem problem) {
            if (!outlivesItsKey(problem)) {
                throw problem;
            }
            return transport.send(call, key);
        }
    }

    private <T> CompletableFuture<T> sendAsync(Call<T> call) {
        return transport.sendAsync(call, key).exceptionallyCompose(error -> {
            RuntimeException failure = Transport.failure(error);
            return failure instanceof Problem problem && outlivesItsKey(problem)
                    ? transport.sendAsync(call, key)
                    : CompletableFuture.failedFuture(failure);
        });
    }

    /**
     * Sends what ends the claim. A first try whose answer was lost has killed the key with it: then the worker's own key is
     * told what became of it.
     */
    private <T> T sendLast(Call<T> call) {
        try {
            return send(call);
        } catch (Problem problem) {
            if (!problem.is("key_revoked")) {
                throw problem;
            }
            return transport.send(call, workerKey);
        }
    }

    private <T> CompletableFuture<T> sendLastAsync(Call<T> call) {
        return sendAsync(call).exceptionallyCompose(error -> {
            RuntimeException failure = Transport.failure(error);
            return failure instanceof Problem problem && problem.is("key_revoked")
                    ? transport.sendAsync(call, workerKey)
                    : CompletableFuture.failedFuture(failure);
        });
    }

    /** A run's key has a hard cap, its claim has none: past it the worker's own key serves, and the fence still judges. */
    private boolean outlivesItsKey(Problem problem) {
        boolean expired = problem.is("key_expired") && !key.equals(workerKey);
        if (expired) {
            key = workerKey;
        }
        return expired;
    }

    @Override
    public String toString() {
        return "ClaimedRun" + Map.of("run", runId, "fence", fence);
    }
}
