package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

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
        return of(List.of(base), key);
    }

    /**
     * A client of several nodes of one Holdfast. One is asked as long as it answers; when it does not, the next one is.
     *
     * @param nodes their addresses, in the order in which they are tried
     * @param key a tenant's key with the scopes of what will be called
     * @throws IllegalArgumentException if there is no address, or the key cannot be sent in a header
     */
    public static HoldfastClient of(List<URI> nodes, String key) {
        return of(nodes, key, Backoff.DEFAULT);
    }

    /**
     * A client of what the environment names: {@code HOLDFAST_URL}, one address or several with commas, by default
     * {@code http://localhost:9080}; and {@code HOLDFAST_KEY}, or the file {@code HOLDFAST_KEY_FILE}, by default
     * {@code .holdfast/bootstrap.key}.
     *
     * @throws NoKey if there is none
     * @throws IllegalArgumentException if an address or the key makes no sense; the message does not show the key
     */
    public static HoldfastClient fromEnvironment() {
        return from(System.getenv());
    }

    /** The same, where these variables stand for the environment's. */
    public static HoldfastClient from(Map<String, String> variables) {
        return new Surroundings(variables).client();
    }

    static HoldfastClient of(List<URI> nodes, String key, Backoff backoff) {
        return new HoldfastClient(new Transport(nodes, backoff, Duration.ofSeconds(PATIENCE_SECONDS)), key);
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

    /** The same calls, without blocking. */
    public AsyncHoldfast async() {
        return new AsyncHoldfast(transport, key);
    }

    /** Submits a run. Repeated, if need be, with an idempotency key of its own, so that one run comes of it. */
    public Run submit(Submission submission) {
        return submit(submission, null);
    }

    /** Submits a run once, however often it is called with this key and the same submission. */
    public Run submit(Submission submission, String idempotencyKey) {
        return send(Calls.submit(submission, idempotencyKey));
    }

    /**
     * Submits up to {@value #MOST_SUBMISSIONS} runs in one transaction; a bad one hinders no other. Not repeated.
     *
     * @return one outcome a submission, in order
     */
    public List<Submitted> submitAll(List<Submission> submissions) {
        return send(Calls.submitAll(submissions));
    }

    /** The run as it is now. */
    public Run get(String runId) {
        return send(Calls.get(runId));
    }

    /**
     * Why the run is not running, and when the reaper would act: {@code state, because [{code, text, …}], liveness,
     * lastVerdict}, as the API's document describes them.
     */
    public JsonNode explain(String runId) {
        return send(Calls.explain(runId));
    }

    /** One page of runs, newest first. */
    public Page<Run> list(RunQuery query) {
        return send(Calls.list(query));
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
        return send(Calls.events(runId, after));
    }

    /**
     * Shows the run's timeline as it grows, each event once and in order, on the caller's thread. A cut is mended, at another
     * node if there is one, until the run is completed or cancelled, or the caller has seen enough.
     *
     * @param after the id of the last event that is known already; null to start at the beginning
     * @param goesOn is given each event; false ends it. What it throws ends it too
     * @throws Problem if Holdfast refuses to show it
     * @throws Unreachable if the thread is interrupted
     */
    public void follow(String runId, String after, Predicate<Event> goesOn) {
        new Follow(transport, key, Calls.run(runId, "/events")).read(after, goesOn);
    }

    /** Cancels the run. Cancelling twice does no harm, but only the first is told {@code cancelled}; so it is not repeated. */
    public Cancellation cancel(String runId, String reason) {
        return send(Calls.cancel(runId, reason));
    }

    /** Continues a run that failed, was paused, or whose owner is dead. Not repeated: the second would be told that it is queued. */
    public Run resume(String runId, String reason) {
        return send(Calls.resume(runId, reason));
    }

    /** Takes a run from the queue or from its owner, until it is resumed. Not repeated. */
    public Run pause(String runId, String reason) {
        return send(Calls.pause(runId, reason));
    }

    /** The question as it is now. */
    public Approval approval(String approvalId) {
        return send(Calls.approval(approvalId));
    }

    /**
     * One page of the questions that wait for people, oldest first.
     *
     * @param cursor null for the first page
     */
    public Page<Approval> pendingApprovals(String cursor) {
        return send(Calls.pendingApprovals(cursor));
    }

    /** The run's questions, oldest first: one page. */
    public Page<Approval> approvalsOf(String runId) {
        return send(Calls.approvalsOf(runId));
    }

    /**
     * Decides in the name of this client's key. Not repeated: the second decision of one approver is refused.
     *
     * @param reason may be null
     * @param argsDigest of what was shown to the person, so that nothing else is decided; null to trust the id alone
     */
    public Approval decide(String approvalId, boolean approved, String reason, String argsDigest) {
        return send(Calls.decide(approvalId, approved, reason, argsDigest));
    }

    /**
     * Makes a lane with this policy, unless it is there: then it keeps the policy it has.
     *
     * @param policy members of the lane's policy, e.g. {@code heartbeat}; what is left out has its default
     */
    public void declareLane(String lane, Map<String, ?> policy) {
        try {
            send(Calls.putLane(lane, policy));
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
        return send(Calls.claim(workerId, lanes, max, wait));
    }

    /** The owner's side of a claim: its calls carry the run's key and the fence. */
    public ClaimedRun owned(Claim claim) {
        String runKey = claim.runKey() == null ? key : checked(claim.runKey());
        return new ClaimedRun(transport, claim.run().id(), claim.fence(), runKey, key);
    }

    /**
     * Any other call of the API, as its document describes it. Repeated if it is a {@code GET} or has an {@code Idempotency-Key}.
     *
     * @param path below {@code /api/v1}, with its query, encoded: {@code /keys/self}
     * @param body any value that Jackson can write; null for none
     * @param headers besides the usual ones, such as {@code If-Match}
     * @return the answer; a missing node if it was empty
     */
    public JsonNode call(String method, String path, Object body, Map<String, String> headers) {
        return send(Call.any(method, path, body, headers));
    }

    /** Reads and writes the values of this package, and payloads as Holdfast keeps them: for other ways of calling it. */
    public static ObjectMapper jsonMapper() {
        return Json.MAPPER.copy();
    }

    private <T> T send(Call<T> call) {
        return transport.send(call, key);
    }

    /** The address, without the key. */
    @Override
    public String toString() {
        return "HoldfastClient[" + transport + "]";
    }
}
