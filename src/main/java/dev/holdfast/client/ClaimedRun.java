package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

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
        return Json.read(send(heartbeatCall(progress, checkpoint)), Beat.class);
    }

    /** The same in one try and without blocking. */
    CompletableFuture<Beat> heartbeatAsync(JsonNode progress, JsonNode checkpoint) {
        return transport
                .sendAsync(heartbeatCall(progress, checkpoint), key)
                .whenComplete((reply, error) -> {
                    if (error instanceof CompletionException && error.getCause() instanceof Problem problem) {
                        outlivesItsKey(problem);
                    }
                })
                .thenApply(reply -> Json.read(reply, Beat.class));
    }

    private Call heartbeatCall(JsonNode progress, JsonNode checkpoint) {
        ObjectNode body = Json.put(Json.put(fenced(), "progress", progress), "checkpoint", checkpoint);
        return post("/heartbeat", body).repeatedSafely();
    }

    /** Ends the run well. {@code result} and {@code metadata} may be null. A repeat answers with {@link Run#replayed()}. */
    public Run complete(JsonNode result, JsonNode metadata) {
        ObjectNode body = Json.put(Json.put(fenced(), "result", result), "metadata", metadata);
        return Json.read(sendLast(post("/complete", body).repeatedSafely()), Run.class);
    }

    /**
     * Asks people about one action. The run is suspended until they decide, unless they have: the same slot with the same
     * arguments is the same question.
     */
    public Approval ask(Question question) {
        ObjectNode body = fenced().setAll(question.body());
        return Json.read(sendLast(post("/approvals", body).repeatedSafely()), Approval.class);
    }

    /**
     * Makes use of an approval, once. Not repeated: a lost answer may have been the one that lets the action be done.
     *
     * @param args that the action will be done with; null for none
     */
    public Approval redeem(String approvalId, JsonNode args) {
        Call call = Call.post(HoldfastClient.approval(approvalId, "/redeem"), Json.put(fenced(), "args", args));
        return Json.read(send(call), Approval.class);
    }

    /** Says that the work failed; the reply is queued for another attempt, or failed. */
    public Run fail(Fault fault) {
        ObjectNode failure = Json.object().put("code", fault.code()).put("message", fault.message());
        Json.put(failure, "details", fault.details());
        ObjectNode body = fenced().put("retryable", fault.retryable());
        body.set("failure", failure);
        Json.put(body, "retryAfter", fault.retryAfter());
        return Json.read(send(post("/fail", body).repeatedSafely()), Run.class);
    }

    /** Hands the run back unharmed: it is queued again, and no attempt is spent. */
    public Run release() {
        return Json.read(send(post("/release", fenced()).repeatedSafely()), Run.class);
    }

    /** Gives the run up until that time of the database's clock; then it is queued again, for any worker. */
    public Run sleepUntil(Instant time) {
        return Json.read(send(post("/sleep", Json.put(fenced(), "until", time)).repeatedSafely()), Run.class);
    }

    /**
     * Adds a line to the run's timeline. Not repeated, as it could then be there twice.
     *
     * @param type begins with {@code worker.}
     * @param data may be null
     */
    public void append(String type, JsonNode data) {
        ObjectNode event = Json.put(Json.object().put("type", type), "data", data);
        send(post("/events", Json.put(fenced(), "events", List.of(event))));
    }

    private Call post(String route, ObjectNode body) {
        return Call.post(HoldfastClient.path(runId, route), body);
    }

    private ObjectNode fenced() {
        return Json.object().put("fence", fence);
    }

    private JsonNode send(Call call) {
        try {
            return transport.send(call, key);
        } catch (Problem problem) {
            if (!outlivesItsKey(problem)) {
                throw problem;
            }
            return transport.send(call, key);
        }
    }

    /**
     * Sends what ends the claim. A first try whose answer was lost has killed the key with it: then the worker's own key is
     * told what became of it.
     */
    private JsonNode sendLast(Call call) {
        try {
            return send(call);
        } catch (Problem problem) {
            if (!problem.is("key_revoked")) {
                throw problem;
            }
            return transport.send(call, workerKey);
        }
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
