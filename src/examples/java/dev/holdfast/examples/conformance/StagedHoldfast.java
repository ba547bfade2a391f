package dev.holdfast.examples.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.examples.conformance.Stage.Reply;
import dev.holdfast.examples.conformance.StagedRun.Word;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** As much of Holdfast as a worker meets, in memory. All of it is guarded by the stage's monitor, which also wakes who waits. */
final class StagedHoldfast {
    /** When a call for runs came, whether it was answered at once as busy, and how long it was ready to wait. */
    record ClaimCall(long at, boolean refused, Duration patience) {}

    private static final Duration LEASE = Duration.ofMinutes(2);

    private final Stage stage;
    private final String workerKey = "hft_" + UUID.randomUUID().toString().replace("-", "");
    private final List<StagedRun> runs = new ArrayList<>();
    private final Deque<StagedRun> queue = new ArrayDeque<>();
    private final List<ClaimCall> claimCalls = new ArrayList<>();
    private int waiting;
    private int dismissals;
    private boolean drained;
    private boolean chatty;

    StagedHoldfast(Stage stage) {
        this.stage = stage;
    }

    String workerKey() {
        return workerKey;
    }

    /** Every key that the worker has been shown. */
    List<String> secrets() {
        synchronized (stage) {
            List<String> secrets = new ArrayList<>(List.of(workerKey));
            runs.forEach(run -> secrets.add(run.key));
            return secrets;
        }
    }

    List<StagedRun> runs() {
        synchronized (stage) {
            return List.copyOf(runs);
        }
    }

    StagedRun submit(JsonNode input, String heartbeatEvery) {
        synchronized (stage) {
            String key = "hfr_" + UUID.randomUUID().toString().replace("-", "");
            StagedRun run = new StagedRun(timeOrdered(), input, heartbeatEvery, key);
            runs.add(run);
            queue.add(run);
            stage.notifyAll();
            return run;
        }
    }

    // As Holdfast's own ids are: version 7.
    private static String timeOrdered() {
        long random = ThreadLocalRandom.current().nextLong();
        return new UUID(System.currentTimeMillis() << 16 | 0x7000 | random & 0xFFF, random >>> 2 | 0x8000000000000000L)
                .toString();
    }

    /** Hands out the present claim of the run once more, as if its first reply had come twice. */
    void handOutAgain(StagedRun run) {
        synchronized (stage) {
            queue.add(run);
            stage.notifyAll();
        }
    }

    /** The run is taken from its owner: the fence rises, the run's key dies. */
    void lose(StagedRun run, String because) {
        synchronized (stage) {
            run.fence++;
            run.state = "queued";
            run.lostBecause = because;
        }
    }

    /** From the next heartbeat on the owner is told to stop. */
    void cancel(StagedRun run) {
        synchronized (stage) {
            run.stopped = true;
        }
    }

    /** Answers the claim calls that wait, with nothing. */
    void dismiss() {
        synchronized (stage) {
            dismissals++;
            stage.notifyAll();
        }
    }

    /** Whether claims are answered at once, with nothing: as by a node that is about to stop. */
    void drain(boolean whether) {
        synchronized (stage) {
            drained = whether;
            stage.notifyAll();
        }
    }

    /** Whether replies have members that no worker knows yet. */
    void chatty(boolean whether) {
        synchronized (stage) {
            chatty = whether;
        }
    }

    /** Nothing is queued and nothing unusual said any more. */
    void clear() {
        synchronized (stage) {
            queue.clear();
            drained = false;
            chatty = false;
        }
    }

    List<ClaimCall> claimCalls() {
        synchronized (stage) {
            return List.copyOf(claimCalls);
        }
    }

    boolean isAskedForRuns() {
        return waiting > 0;
    }

    Reply busy(Fault fault, String path) {
        synchronized (stage) {
            if (path.endsWith("/claims")) {
                claimCalls.add(new ClaimCall(System.nanoTime(), true, Duration.ZERO));
            }
            return problem(
                    fault.status(),
                    fault.status() == 429 ? "rate_limited" : "database_unavailable",
                    path,
                    Integer.toString(fault.retryAfter()));
        }
    }

    Reply answer(String method, String path, String route, String key, JsonNode body) throws InterruptedException {
        synchronized (stage) {
            Optional<StagedRun> run = runs.stream()
                    .filter(one -> path.equals("/api/v1/runs/" + one.id + "/" + route))
                    .findFirst();
            boolean known = key.equals(workerKey) || runs.stream().anyMatch(one -> one.key.equals(key));
            if (!known) {
                return problem(401, "unauthorized", path, null);
            } else if (method.equals("POST") && path.equals("/api/v1/claims") && key.equals(workerKey)) {
                return claims(body);
            } else if (!method.equals("POST") || run.isEmpty()) {
                return problem(404, "not_found", path, null);
            }
            return word(run.get(), path, route, key, body);
        }
    }

    private Reply claims(JsonNode body) throws InterruptedException {
        Duration wait = duration(body.path("wait").asText("PT0S"));
        claimCalls.add(new ClaimCall(System.nanoTime(), false, wait));
        long end = System.nanoTime() + wait.toNanos();
        int dismissed = dismissals;
        waiting++;
        stage.notifyAll();
        while (queue.isEmpty() && !drained && dismissed == dismissals && !stage.isClosed() && end > System.nanoTime()) {
            stage.wait(Math.max(1, (end - System.nanoTime()) / 1_000_000));
        }
        waiting--;
        ObjectNode reply = Stage.object();
        var claims = reply.putArray("claims");
        for (int left = body.path("max").asInt(1); left > 0 && !queue.isEmpty(); left--) {
            queue.peek().workerId = body.path("workerId").asText();
            claims.add(claim(queue.poll()));
        }
        return new Reply(200, reply, null);
    }

    private static Duration duration(String text) {
        try {
            return Duration.parse(text);
        } catch (DateTimeParseException e) {
            return Duration.ZERO;
        }
    }

    private ObjectNode claim(StagedRun run) {
        if (run.claims++ == 0) {
            run.fence = 1;
            run.claimsFence = 1;
            run.state = "claimed";
        }
        ObjectNode shown = show(run, "claimed");
        ObjectNode claim = Stage.object();
        if (chatty) {
            claim.putObject("news").put("fence", 98).put("id", "not-this-one");
        }
        claim.set("run", shown);
        claim.put("fence", run.claimsFence).put("attempt", 1).put("runKey", run.key);
        return claim.put("leaseExpiresAt", Instant.now().plus(LEASE).toString())
                .put("heartbeatEvery", run.heartbeatEvery);
    }

    private static ObjectNode show(StagedRun run, String state) {
        String now = Instant.now().toString();
        ObjectNode shown = Stage.object();
        shown.put("id", run.id).put("lane", "conformance").put("state", state);
        shown.put("priority", 0);
        if (run.input != null) {
            shown.set("input", run.input);
        }
        shown.putObject("metadata");
        shown.putObject("labels");
        shown.put("attempt", 1).put("failures", 0).put("lost", 0).put("fence", run.fence);
        if (state.equals("claimed")) {
            shown.put("workerId", run.workerId).put("claimedAt", now).put("lastHeartbeatAt", now);
            shown.put("leaseExpiresAt", Instant.now().plus(LEASE).toString());
        }
        return shown.put("availableAt", now).put("submittedAt", now).put("version", 1);
    }

    private static String state(StagedRun run) {
        return run.state.equals("released") ? "queued" : run.state;
    }

    private Reply word(StagedRun run, String path, String route, String key, JsonNode body) {
        long at = System.nanoTime();
        boolean byRunKey = !key.equals(workerKey);
        boolean mine = run.isHeld() && body.path("fence").asLong(-1) == run.fence && !run.stopped;
        Reply reply;
        if (byRunKey && !key.equals(run.key)) {
            reply = problem(404, "not_found", path, null);
        } else if (run.stopped && route.equals("heartbeat")) {
            reply = new Reply(200, Stage.object().put("continue", false).put("reason", "cancelled"), null);
        } else if (byRunKey
                && (!run.isHeld() || run.stopped || body.path("fence").asLong() != run.fence)) {
            reply = dead(run, path);
        } else if (!body.path("fence").isIntegralNumber()) {
            reply = problem(400, "invalid_request", path, null);
        } else {
            reply = mine || isReplay(run, route, body) ? taken(run, route, path) : lost(run, path, body);
        }
        boolean stop = reply.status() == 200 && !reply.body().path("continue").asBoolean(true);
        String by = byRunKey ? "run" : "worker";
        run.words.add(new Word(route, by, body, reply.status(), stop, at, System.nanoTime()));
        return reply;
    }

    private static boolean isReplay(StagedRun run, String route, JsonNode body) {
        return route.equals("complete")
                && run.state.equals("completed")
                && body.path("fence").asLong() == run.fence;
    }

    private Reply taken(StagedRun run, String route, String path) {
        boolean replayed = run.state.equals("completed");
        switch (route) {
            case "heartbeat" -> {
                run.state = "running";
                return beat();
            }
            case "events" -> {
                return new Reply(201, Stage.object(), null);
            }
            case "complete" -> run.state = "completed";
            case "fail" -> run.state = "failed";
            case "release" -> run.state = "released";
            default -> {
                return problem(404, "not_found", path, null);
            }
        }
        ObjectNode shown = show(run, state(run));
        if (run.state.equals("completed") || run.state.equals("failed")) {
            shown.put("endedAt", Instant.now().toString());
        }
        if (run.state.equals("failed")) {
            shown.putObject("failure")
                    .put("code", "work_failed")
                    .put("category", "work")
                    .put("message", "As the worker said")
                    .put("at", Instant.now().toString());
        }
        if (replayed) {
            shown.put("replayed", true);
        }
        return new Reply(200, shown, null);
    }

    private Reply beat() {
        ObjectNode reply = Stage.object();
        if (chatty) {
            reply.putObject("news").put("continue", false);
        }
        String until = Instant.now().plus(LEASE).toString();
        return new Reply(
                200, reply.put("continue", true).put("leaseExpiresAt", until).put("runKeyExpiresAt", until), null);
    }

    private static String because(StagedRun run) {
        return run.stopped ? "run_cancelled" : run.lostBecause == null ? "run_" + run.state : run.lostBecause;
    }

    private static Reply dead(StagedRun run, String path) {
        Reply problem = problem(401, "key_revoked", path, null);
        ((ObjectNode) problem.body()).put("because", because(run));
        return problem;
    }

    private static Reply lost(StagedRun run, String path, JsonNode body) {
        Reply problem = problem(409, "lease_lost", path, null);
        ((ObjectNode) problem.body())
                .put("yours", body.path("fence").asLong())
                .put("current", run.fence)
                .put("state", run.stopped ? "cancelled" : state(run))
                .put("lostAt", Instant.now().toString())
                .put("lostBecause", because(run));
        return problem;
    }

    private static Reply problem(int status, String code, String path, String retryAfter) {
        ObjectNode body = Stage.object()
                .put("type", "urn:holdfast:problem:" + code)
                .put("title", code.replace('_', ' ').toUpperCase(Locale.ROOT))
                .put("status", status)
                .put("detail", "The conformance kit answers so.")
                .put("instance", path)
                .put("code", code)
                .put("correlationId", "conformance");
        return new Reply(status, body, retryAfter);
    }
}
