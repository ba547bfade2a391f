package dev.holdfast.client;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The calls of a client's: what {@link HoldfastClient} makes blocking and {@link AsyncHoldfast} does not. */
final class Calls {
    private static final JavaType CLAIMS =
            Json.MAPPER.getTypeFactory().constructCollectionType(List.class, Claim.class);

    /** A slow answer to a claim is one that took longer than its wait and this. */
    private static final Duration BEYOND_THE_WAIT = Duration.ofSeconds(15);

    private Calls() {}

    static Call<Run> submit(Submission submission, String idempotencyKey) {
        String key = idempotencyKey == null ? UUID.randomUUID().toString() : idempotencyKey;
        return Call.post("/runs", submission).onceFor(key).as(Run.class);
    }

    static Call<List<Submitted>> submitAll(List<Submission> submissions) {
        if (submissions.size() > HoldfastClient.MOST_SUBMISSIONS) {
            throw new IllegalArgumentException("A batch holds at most " + HoldfastClient.MOST_SUBMISSIONS
                    + " submissions, not " + submissions.size());
        }
        ObjectNode body = Json.put(Json.object(), "runs", submissions);
        return Call.post("/runs/batch", body).read(reply -> {
            List<Submitted> outcomes = new ArrayList<>();
            reply.path("items").forEach(item -> outcomes.add(submitted(item)));
            return outcomes;
        });
    }

    private static Submitted submitted(JsonNode item) {
        JsonNode problem = item.get("problem");
        int index = item.path("index").asInt();
        return problem == null
                ? new Submitted(index, Json.read(item.path("run"), Run.class), null)
                : new Submitted(index, null, new Problem(problem.path("status").asInt(), problem, null));
    }

    static Call<Run> get(String runId) {
        return Call.get(run(runId, "")).as(Run.class);
    }

    static Call<Page<Run>> list(RunQuery query) {
        return Call.get("/runs" + query).asPageOf(Run.class);
    }

    static Call<Page<Event>> events(String runId, String after) {
        String from = after == null ? "" : "?after=" + RunQuery.encoded(after);
        return Call.get(run(runId, "/events") + from).asPageOf(Event.class);
    }

    static Call<JsonNode> explain(String runId) {
        return Call.get(run(runId, "/explain"));
    }

    static Call<Cancellation> cancel(String runId, String reason) {
        return Call.post(run(runId, "/cancel"), Json.put(Json.object(), "reason", reason))
                .as(Cancellation.class);
    }

    static Call<Run> resume(String runId, String reason) {
        return Call.post(run(runId, "/resume"), Json.put(Json.object(), "reason", reason))
                .as(Run.class);
    }

    static Call<Run> pause(String runId, String reason) {
        return Call.post(run(runId, "/pause"), Json.put(Json.object(), "reason", reason))
                .as(Run.class);
    }

    static Call<Approval> approval(String approvalId) {
        return Call.get(approval(approvalId, "")).as(Approval.class);
    }

    static Call<Page<Approval>> pendingApprovals(String cursor) {
        String from = cursor == null ? "" : "&cursor=" + RunQuery.encoded(cursor);
        return Call.get("/approvals?status=pending" + from).asPageOf(Approval.class);
    }

    static Call<Page<Approval>> approvalsOf(String runId) {
        return Call.get("/approvals?runId=" + RunQuery.encoded(runId)).asPageOf(Approval.class);
    }

    static Call<Approval> decide(String approvalId, boolean approved, String reason, String argsDigest) {
        ObjectNode body = Json.object().put("approved", approved);
        Json.put(Json.put(body, "reason", reason), "argsDigest", argsDigest);
        return Call.post(approval(approvalId, "/decision"), body).as(Approval.class);
    }

    static Call<JsonNode> putLane(String lane, Map<String, ?> policy) {
        return Call.put("/lanes/" + RunQuery.encoded(lane), policy);
    }

    static Call<List<Claim>> claim(String workerId, Collection<String> lanes, int max, Duration wait) {
        ObjectNode body =
                Json.object().put("workerId", workerId).put("max", max).put("wait", wait.toString());
        Json.put(body, "lanes", lanes);
        return Call.post("/claims", body)
                .answeredWithin(wait.plus(BEYOND_THE_WAIT))
                .read(reply -> Json.read(reply.path("claims"), CLAIMS));
    }

    static String approval(String approvalId, String rest) {
        return "/approvals/" + RunQuery.encoded(approvalId) + rest;
    }

    static String run(String runId, String rest) {
        return "/runs/" + RunQuery.encoded(runId) + rest;
    }
}
