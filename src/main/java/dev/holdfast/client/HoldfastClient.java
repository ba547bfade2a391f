package dev.holdfast.client;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Holdfast's API in Java: submit, watch, cancel and claim runs.
 *
 * <p>Every call throws {@link Problem} when Holdfast refuses it and {@link Unreachable} when no answer came; a thread that
 * is interrupted meanwhile keeps its interrupt and gets {@link Unreachable}. Calls that may be repeated are, for
 * {@value #PATIENCE_SECONDS} seconds unless told otherwise.
 */
public final class HoldfastClient {
    /** The most submissions in a batch. */
    public static final int MOST_SUBMISSIONS = 1000;

    private static final int PATIENCE_SECONDS = 30;

    private final Transport transport;
    private final String key;

    private HoldfastClient(Transport transport, String key) {
        this.transport = transport;
        this.key = checked(key);
    }

    /**
     * A client of the server at this address, such as {@code http://localhost:9080}.
     *
     * @param key a tenant's key with the scopes of what will be called
     * @throws IllegalArgumentException if the key cannot be sent in a header; the message does not show it
     */
    public static HoldfastClient of(URI base, String key) {
        return of(base, key, Backoff.DEFAULT);
    }

    static HoldfastClient of(URI base, String key, Backoff backoff) {
        return new HoldfastClient(new Transport(base, backoff, Duration.ofSeconds(PATIENCE_SECONDS)), key);
    }

    /** The same client with another patience: how long a call that may be repeated is, in all. Zero: each call is made once. */
    public HoldfastClient withPatience(Duration patience) {
        return new HoldfastClient(transport.withPatience(patience), key);
    }

    // The JDK would refuse such a key as well, but with the whole header in its message.
    static String checked(String key) {
        if (key == null || !key.matches("[!-~]([ -~]*[!-~])?")) {
            throw new IllegalArgumentException("A key is printable ASCII without blanks around it");
        }
        return key;
    }

    /** Submits a run. Not repeated when its answer is lost, as a second run could come of it. */
    public Run submit(Submission submission) {
        return submit(submission, null);
    }

    /** Submits a run once, however often it is called with this key and the same submission; null as the key means without one. */
    public Run submit(Submission submission, String idempotencyKey) {
        return Json.read(send(Call.post("/runs", submission).onceFor(idempotencyKey)), Run.class);
    }

    /**
     * Submits up to {@value #MOST_SUBMISSIONS} runs in one transaction; a bad one hinders no other. Not repeated.
     *
     * @return one outcome a submission, in order
     */
    public List<Submitted> submitAll(List<Submission> submissions) {
        if (submissions.size() > MOST_SUBMISSIONS) {
            throw new IllegalArgumentException(
                    "A batch holds at most " + MOST_SUBMISSIONS + " submissions, not " + submissions.size());
        }
        ObjectNode body = Json.put(Json.object(), "runs", submissions);
        List<Submitted> outcomes = new ArrayList<>();
        send(Call.post("/runs/batch", body)).path("items").forEach(item -> outcomes.add(submitted(item)));
        return outcomes;
    }

    private static Submitted submitted(JsonNode item) {
        JsonNode problem = item.get("problem");
        return problem == null
                ? new Submitted(item.path("index").asInt(), Json.read(item.path("run"), Run.class), null)
                : new Submitted(
                        item.path("index").asInt(),
                        null,
                        new Problem(problem.path("status").asInt(), problem, null));
    }

    /** The run as it is now. */
    public Run get(String runId) {
        return Json.read(send(Call.get(path(runId, ""))), Run.class);
    }

    /** One page of runs, newest first. */
    public Page<Run> list(RunQuery query) {
        return page(send(Call.get("/runs" + query)), Run.class);
    }

    /** Every run that matches, page by page; newest first. */
    public void forEach(RunQuery query, Consumer<Run> action) {
        Page<Run> page = list(query);
        page.items().forEach(action);
        while (page.nextCursor() != null) {
            page = list(query.cursor(page.nextCursor()));
            page.items().forEach(action);
        }
    }

    /**
     * A page of the run's timeline, oldest first.
     *
     * @param after the id of the last event that is known already; null to start at the beginning
     */
    public Page<Event> events(String runId, String after) {
        String from = after == null ? "" : "?after=" + RunQuery.encoded(after);
        return page(send(Call.get(path(runId, "/events") + from)), Event.class);
    }

    /** Cancels the run. Cancelling twice does no harm, but only the first is told {@code cancelled}; so it is not repeated. */
    public Cancellation cancel(String runId, String reason) {
        ObjectNode body = Json.put(Json.object(), "reason", reason);
        return Json.read(send(Call.post(path(runId, "/cancel"), body)), Cancellation.class);
    }

    /** Continues a run that failed, was paused, or whose owner is dead. Not repeated: the second would be told that it is queued. */
    public Run resume(String runId, String reason) {
        return Json.read(send(Call.post(path(runId, "/resume"), Json.put(Json.object(), "reason", reason))), Run.class);
    }

    /** Takes a run from the queue or from its owner, until it is resumed. Not repeated. */
    public Run pause(String runId, String reason) {
        return Json.read(send(Call.post(path(runId, "/pause"), Json.put(Json.object(), "reason", reason))), Run.class);
    }

    /** The question as it is now. */
    public Approval approval(String approvalId) {
        return Json.read(send(Call.get(approval(approvalId, ""))), Approval.class);
    }

    /** One page of the questions that wait for people, oldest first. @param cursor null for the first page */
    public Page<Approval> pendingApprovals(String cursor) {
        String from = cursor == null ? "" : "&cursor=" + RunQuery.encoded(cursor);
        return page(send(Call.get("/approvals?status=pending" + from)), Approval.class);
    }

    /** The run's questions, oldest first: one page. */
    public Page<Approval> approvalsOf(String runId) {
        return page(send(Call.get("/approvals?runId=" + RunQuery.encoded(runId))), Approval.class);
    }

    /**
     * Decides in the name of this client's key. Not repeated: the second decision of one approver is refused.
     *
     * @param reason may be null
     * @param argsDigest of what was shown to the person, so that nothing else is decided; null to trust the id alone
     */
    public Approval decide(String approvalId, boolean approved, String reason, String argsDigest) {
        ObjectNode body = Json.object().put("approved", approved);
        Json.put(Json.put(body, "reason", reason), "argsDigest", argsDigest);
        return Json.read(send(Call.post(approval(approvalId, "/decision"), body)), Approval.class);
    }

    /**
     * Makes a lane with this policy, unless it is there: then it keeps the policy it has.
     *
     * @param policy members of the lane's policy, e.g. {@code heartbeat}; what is left out has its default
     */
    public void declareLane(String lane, Map<String, ?> policy) {
        try {
            send(Call.put("/lanes/" + RunQuery.encoded(lane), policy));
        } catch (Problem e) {
            if (!e.is("precondition_required")) { // without If-Match, which only a new lane allows
                throw e;
            }
        }
    }

    /**
     * Takes up to {@code max} queued runs of these lanes. Never repeated: a lost answer may have been a claim.
     *
     * @param wait how long Holdfast waits for a run when there is none, at most 30 seconds
     * @return the claims; empty when there was nothing
     */
    public List<Claim> claim(String workerId, Collection<String> lanes, int max, Duration wait) {
        ObjectNode body =
                Json.object().put("workerId", workerId).put("max", max).put("wait", wait.toString());
        Json.put(body, "lanes", lanes);
        Call call = Call.post("/claims", body).answeredWithin(wait.plusSeconds(15));
        JavaType claims = Json.MAPPER.getTypeFactory().constructCollectionType(List.class, Claim.class);
        return Json.read(send(call).path("claims"), claims);
    }

    /** The owner's side of a claim: its calls carry the run's key and the fence. */
    public ClaimedRun owned(Claim claim) {
        String runKey = claim.runKey() == null ? key : checked(claim.runKey());
        return new ClaimedRun(transport, claim.run().id(), claim.fence(), runKey, key);
    }

    private JsonNode send(Call call) {
        return transport.send(call, key);
    }

    private static <T> Page<T> page(JsonNode reply, Class<T> item) {
        return Json.read(reply, Json.MAPPER.getTypeFactory().constructParametricType(Page.class, item));
    }

    static String approval(String approvalId, String rest) {
        return "/approvals/" + RunQuery.encoded(approvalId) + rest;
    }

    static String path(String runId, String rest) {
        return "/runs/" + RunQuery.encoded(runId) + rest;
    }

    /** The address, without the key. */
    @Override
    public String toString() {
        return "HoldfastClient[" + transport + "]";
    }
}
