package dev.holdfast.run;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Every place in which a run can be, and how it gets there: through the API where it can. */
enum Situation {
    QUEUED(RunState.QUEUED),
    HANDED_BACK(RunState.QUEUED),
    CLAIMED(RunState.CLAIMED),
    RUNNING(RunState.RUNNING),
    STALE_CLAIMED(RunState.CLAIMED, null, true),
    STALE_RUNNING(RunState.RUNNING, null, true),
    ASLEEP(RunState.SUSPENDED, WaitingFor.TIMER),
    AWAITING_APPROVAL(RunState.SUSPENDED, WaitingFor.APPROVAL),
    PAUSED(RunState.SUSPENDED, WaitingFor.OPERATOR),
    COMPLETED(RunState.COMPLETED),
    FAILED(RunState.FAILED),
    CANCELLED(RunState.CANCELLED),
    CANCELLED_UNOWNED(RunState.CANCELLED);

    private static final AtomicInteger LANES = new AtomicInteger();

    final RunState state;
    final WaitingFor waitingFor;

    /** Whether its owner is dead by the lane's rules, and not yet reaped. */
    final boolean stale;

    Situation(RunState state) {
        this(state, null);
    }

    Situation(RunState state, WaitingFor waitingFor) {
        this(state, waitingFor, false);
    }

    Situation(RunState state, WaitingFor waitingFor, boolean stale) {
        this.state = state;
        this.waitingFor = waitingFor;
        this.stale = stale;
    }

    /** Whether the table lets the move start here. */
    boolean allows(Move move) {
        return move.allowedFrom(state, waitingFor, stale);
    }

    /** Whether a person took the run from its owner, who is to be told so kindly. */
    boolean takenByPerson() {
        return this == CANCELLED || this == PAUSED;
    }

    /** Brings a new run here. @return the last claim of it, with fence 0 if there was none */
    Claimed bring(Api api, Rows rows, String lane) {
        var run = api.submit(lane).path("id").asText();
        if (this == QUEUED) {
            return new Claimed(run, 0, null, null);
        }
        if (this == CANCELLED_UNOWNED) {
            api.post("/api/v1/runs/" + run + "/cancel", Map.of()).expect(200);
            return new Claimed(run, 0, null, null);
        }
        var owner = api.claimOne("worker-1", lane);
        switch (this) {
            case CLAIMED -> {}
            case RUNNING -> api.beat(owner).expect(200);
            case HANDED_BACK -> api.asOwner(owner, "release", Map.of()).expect(200);
            case ASLEEP -> sleep(api, owner);
            case AWAITING_APPROVAL -> api.ask(owner, Map.of()).expect(201);
            case STALE_CLAIMED -> {
                rows.holdFromSweeps(lane);
                rows.shift(run, Duration.ofHours(3), Duration.ofHours(3));
            }
            case STALE_RUNNING -> {
                api.beat(owner).expect(200);
                rows.holdFromSweeps(lane);
                rows.shift(run, Duration.ofHours(3), Duration.ofMinutes(3));
            }
            case PAUSED -> api.post("/api/v1/runs/" + run + "/pause", Map.of()).expect(200);
            case COMPLETED -> api.complete(owner).expect(200);
            case FAILED ->
                api.asOwner(
                                owner,
                                "fail",
                                Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                        .expect(200);
            case CANCELLED ->
                api.post("/api/v1/runs/" + run + "/cancel", Map.of()).expect(200);
            default -> throw new IllegalStateException(this + " is reached in another way");
        }
        return owner;
    }

    /** A lane in which the run will be alone. */
    static String newLane(String test) {
        return test + "-" + LANES.incrementAndGet();
    }

    private static void sleep(Api api, Claimed owner) {
        api.asOwner(
                        owner,
                        "sleep",
                        Map.of("until", Instant.now().plus(1, ChronoUnit.HOURS).toString()))
                .expect(200);
    }
}
