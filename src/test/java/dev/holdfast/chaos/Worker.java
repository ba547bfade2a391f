package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Reply;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Takes runs and works on them as workers do: some steps, a question where the run is to ask one, an end. Now and then
 * it is never heard of again, fails, hands back or sleeps; when it is told that a run is not its own, it lets go.
 */
final class Worker implements Runnable {
    static final String LANE = "work";
    static final String ASKS = "asks";
    static final String POISON = "poison";

    private final Caller caller;
    private final Shape shape;
    private final Runnable ended;
    private int step;

    /** @param dying the share of claims of which nobody hears again @param wavering of those that do not end the run */
    record Shape(int steps, double dying, double wavering) {}

    /** @param ended called for each run that was completed */
    Worker(Caller caller, Shape shape, Runnable ended) {
        this.caller = caller;
        this.shape = shape;
        this.ended = ended;
    }

    @Override
    public void run() {
        while (!caller.over()) {
            claim(1).forEach(this::work);
        }
    }

    List<Claimed> claim(int most) {
        var answer = caller.ask(api -> api.post(
                "/api/v1/claims",
                Map.of("workerId", caller.who(), "lanes", List.of(LANE), "max", most, "wait", "PT1S")));
        if (answer.outcome() == Outcome.UNKNOWN) {
            for (int i = 0; i < most; i++) {
                caller.note(Kind.CLAIM, answer, null, 0, null);
            }
            return List.of();
        }
        var claims = answer.reply()
                .expect(200)
                .json()
                .path("claims")
                .valueStream()
                .map(Claimed::of)
                .toList();
        claims.forEach(claim -> caller.note(Kind.CLAIM, answer, claim.runId(), claim.fence(), null));
        return claims;
    }

    private void work(Claimed claim) {
        if (caller.chance(shape.dying) || !beat(claim) || type(claim).equals(POISON)) {
            return;
        }
        for (int i = 0; i < shape.steps; i++) {
            if (!step(claim)) {
                return;
            }
        }
        var approval = claim.json().path("approval");
        if (type(claim).equals(ASKS) && approval.isMissingNode()) {
            ask(claim);
        } else if (caller.chance(shape.wavering)) {
            waver(claim);
        } else if (!approval.path("status").asText().equals("approved") || redeem(claim)) {
            complete(claim);
        }
    }

    private boolean beat(Claimed claim) {
        return caller.insist(
                        Kind.BEAT,
                        claim.runId(),
                        claim.fence(),
                        null,
                        reply -> reply.json().path("continue").asBoolean(),
                        api -> api.withKey(claim.runKey()).beat(claim))
                .isOk();
    }

    /** Each try is another event: of one that was not answered nobody knows whether it is there. */
    private boolean step(Claimed claim) {
        for (; ; ) {
            var token = caller.who() + "-" + ++step;
            var events = List.of(Map.of("type", "worker.step", "data", Map.of("token", token)));
            var answer = caller.ask(api -> api.asOwner(claim, "events", Map.of("events", events)));
            caller.note(Kind.EVENT, answer, claim.runId(), claim.fence(), token);
            if (answer.outcome() != Outcome.UNKNOWN || caller.over()) {
                return answer.isOk();
            }
        }
    }

    private void ask(Claimed claim) {
        Caller.Answer answer;
        do {
            answer = caller.ask(api -> api.ask(claim, Map.of()));
            var asked = answer.isOk() ? answer.reply().json().path("id").asText() : null;
            caller.note(Kind.ASK, answer, claim.runId(), claim.fence(), asked);
        } while (answer.outcome() == Outcome.UNKNOWN && !caller.over());
        tryKey(claim, answer);
    }

    private boolean redeem(Claimed claim) {
        var approval = claim.json().at("/approval/id").asText();
        var args = Map.of("args", Api.QUESTION.get("args"));
        caller.insist(
                Kind.REDEEM,
                claim.runId(),
                claim.fence(),
                approval,
                reply -> true,
                api -> api.post("/api/v1/approvals/" + approval + "/redeem", claim.body(args)));
        return true;
    }

    private void complete(Claimed claim) {
        var answer = end(Kind.COMPLETE, claim, api -> api.complete(claim));
        if (answer.isOk()) {
            ended.run();
        }
        tryKey(claim, answer);
    }

    private void waver(Claimed claim) {
        if (caller.chance(0.3)) {
            end(Kind.FAIL, claim, api -> api.fail(claim, "wavered"));
        } else if (caller.chance(0.5)) {
            end(Kind.RELEASE, claim, api -> api.asOwner(claim, "release", Map.of()));
        } else {
            var until = Map.of("until", Instant.now().plusSeconds(1).toString());
            end(Kind.SLEEP, claim, api -> api.asOwner(claim, "sleep", until));
        }
    }

    private Caller.Answer end(Kind kind, Claimed claim, Function<Api, Reply> call) {
        return caller.insist(kind, claim.runId(), claim.fence(), null, reply -> true, call);
    }

    /** A key that died with its claim is let in nowhere. */
    private void tryKey(Claimed claim, Caller.Answer ending) {
        if (ending.isOk() && caller.chance(0.3)) {
            var answer = caller.ask(api -> api.withKey(claim.runKey()).get("/api/v1/runs/" + claim.runId()));
            caller.note(Kind.KEY, answer, claim.runId(), claim.fence(), null);
        }
    }

    private static String type(Claimed claim) {
        return claim.json().at("/run/type").asText();
    }
}
