package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Operation;
import dev.holdfast.testkit.Operation.Fenced;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** One owner: whoever lost a run can do nothing to it, on any route, and is told why. */
class FencingIT {
    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api elsewhere = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    /** How an owner loses its run while others may have it. The reaper's way is the reaper's to add. */
    enum Loss {
        RELEASED("release", Map.of()),
        RETRIED("fail", Map.of("failure", Map.of("code", "unlucky", "message", "Again."), "retryAfter", "PT0S")),
        RESUMED(null, null);

        private final String route;
        private final Map<String, ?> members;

        Loss(String route, Map<String, ?> members) {
            this.route = route;
            this.members = members;
        }

        String id() {
            return name().toLowerCase();
        }

        void befall(Api api, Rows rows, Claimed owner) {
            if (this == RESUMED) { // as an orphan: the owner had been silent for too long
                rows.holdFromSweeps(api.run(owner.runId()).path("lane").asText());
                rows.shift(owner.runId(), Duration.ofHours(3), Duration.ofHours(3));
                api.post("/api/v1/runs/" + owner.runId() + "/resume", Map.of()).expect(200);
            } else {
                api.asOwner(owner, route, members).expect(200);
            }
        }
    }

    record Lost(Operation operation, Loss loss) {}

    static Stream<Lost> everyFencedRouteAfterEveryLoss() {
        return Contract.published().fenced().stream()
                .flatMap(operation -> Stream.of(Loss.values()).map(loss -> new Lost(operation, loss)));
    }

    @ParameterizedTest
    @MethodSource("everyFencedRouteAfterEveryLoss")
    void B4_D8_aFormerOwnerIsRefusedOnEveryRoute(Lost lost) {
        var lane = Situation.newLane("b4");
        var approval = submitApproved(lane);
        var a = api.claimOne("worker-a", lane);
        api.beat(a).expect(200);
        lost.loss.befall(api, rows, a);
        var b = api.claimOne("worker-b", lane);
        var lostAt = lostAt(b.runId(), lost.loss);
        var before = rows.everythingOf(b.runId());

        for (var body : Bodies.of(lost.operation, a)) {
            // Whoever asks: the tenant, on any node, or the new owner's own key with the old fence.
            for (var caller : List.of(api, elsewhere, api.withKey(b.runKey()))) {
                var problem = problem(lost.operation, call(caller, lost.operation, a, approval, body));

                assertThat(problem.path("code").asText()).isEqualTo("lease_lost");
                assertThat(problem.path("status").asInt()).isEqualTo(409);
                assertThat(problem.path("yours").asLong()).isEqualTo(a.fence());
                assertThat(problem.path("current").asLong())
                        .isEqualTo(b.fence())
                        .isGreaterThan(a.fence());
                assertThat(problem.path("state").asText()).isEqualTo("claimed");
                assertThat(problem.path("lostBecause").asText()).isEqualTo(lost.loss.id());
                assertThat(problem.path("lostAt").asText()).isEqualTo(lostAt);
            }
            // Its own key died with its claim.
            var refused = call(api.withKey(a.runKey()), lost.operation, a, approval, body)
                    .expect(401, "key_revoked");
            assertThat(refused.json().path("because").asText()).isEqualTo(lost.loss.id());
        }

        assertThat(rows.everythingOf(b.runId())).isEqualTo(before);
        api.beat(b).expect(200);
        assertThat(api.complete(b).expect(200).json().path("state").asText()).isEqualTo("completed");
    }

    @ParameterizedTest
    @MethodSource("fencedRoutes")
    void B4_aFenceThatNobodyHadIsRefusedOnEveryRoute(Operation operation) {
        var lane = Situation.newLane("b4");
        var approval = submitApproved(lane);
        var owner = api.claimOne("worker-a", lane);
        var before = rows.everythingOf(owner.runId());

        for (var fence : List.of(0L, owner.fence() + 1, Long.MAX_VALUE)) {
            for (var body : Bodies.of(operation, owner.withFence(fence))) {
                var problem = problem(operation, call(api, operation, owner, approval, body));

                assertThat(problem.path("code").asText()).isEqualTo("lease_lost");
                assertThat(problem.path("yours").asLong()).isEqualTo(fence);
                assertThat(problem.path("current").asLong()).isEqualTo(owner.fence());
                assertThat(problem.has("lostAt")).isFalse();
            }
        }

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    static List<Operation> fencedRoutes() {
        return Contract.published().fenced();
    }

    @ParameterizedTest
    @EnumSource
    void B3_aLateCompletionChangesNothing(Loss loss) {
        var lane = Situation.newLane("b3");
        api.submit(lane);
        var owner = api.claimOne("worker-a", lane);
        api.beat(owner).expect(200);
        loss.befall(api, rows, owner);
        var before = rows.everythingOf(owner.runId());
        var run = api.run(owner.runId());

        var problem = api.asOwner(owner, "complete", Map.of("result", Map.of("late", true)))
                .expect(409, "lease_lost")
                .json();

        assertThat(problem.path("state").asText()).isEqualTo("queued");
        assertThat(problem.path("lostBecause").asText()).isEqualTo(loss.id());
        assertThat(api.run(owner.runId())).isEqualTo(run);
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void B3_aLateFailureCostsNoAttempt() {
        var lane = Situation.newLane("b3");
        api.submit(lane);
        var owner = api.claimOne("worker-a", lane);
        Loss.RELEASED.befall(api, rows, owner);
        var before = rows.everythingOf(owner.runId());

        api.fail(owner, "too_late").expect(409, "lease_lost");

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void B2_afterACancelTheFormerOwnerIsToldToStop() {
        var lane = Situation.newLane("b2");
        var owner = Situation.CANCELLED.bring(api, rows, lane);
        var before = rows.everythingOf(owner.runId());

        for (int again = 0; again < 2; again++) {
            var word = api.beat(owner).expect(200).json();
            assertThat(word.path("continue").asBoolean(true)).isFalse();
            assertThat(word.path("reason").asText()).isEqualTo("cancelled");
            var item = beats(owner);
            assertThat(item.path("continue").asBoolean(true)).isFalse();
            assertThat(item.path("reason").asText()).isEqualTo("cancelled");
        }
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void B2_afterACancelOnlyTheLastOwnerIsToldToStop() {
        var lane = Situation.newLane("b2");
        api.submit(lane);
        var a = api.claimOne("worker-a", lane);
        Loss.RELEASED.befall(api, rows, a);
        var b = api.claimOne("worker-b", lane);
        cancel(b.runId());

        var lost = api.beat(a).expect(409, "lease_lost").json();
        assertThat(lost.path("lostBecause").asText()).isEqualTo("released");
        assertThat(lost.path("state").asText()).isEqualTo("cancelled");
        assertThat(beats(a).at("/problem/code").asText()).isEqualTo("lease_lost");
        api.beat(b.withFence(b.fence() + 1)).expect(409, "lease_lost");
        assertThat(api.beat(b).expect(200).json().path("reason").asText()).isEqualTo("cancelled");
    }

    @Test
    void B2_whoLostTheRunBeforeItWasCancelledIsNotToldOfThat() {
        var lane = Situation.newLane("b2");
        api.submit(lane);
        var a = api.claimOne("worker-a", lane);
        Loss.RELEASED.befall(api, rows, a);
        cancel(a.runId());

        var lost = api.beat(a).expect(409, "lease_lost").json();

        assertThat(lost.path("lostBecause").asText()).isEqualTo("released");
    }

    @Test
    void B2_withItsOwnKeyTheFormerOwnerIsToldWhyTheKeyIsDead() {
        var lane = Situation.newLane("b2");
        var owner = Situation.CANCELLED.bring(api, rows, lane);

        var refused = api.withKey(owner.runKey())
                .asOwner(owner, "heartbeat", Map.of())
                .expect(401, "key_revoked");

        assertThat(refused.json().path("because").asText()).isEqualTo("run_cancelled");
    }

    private JsonNode beats(Claimed owner) {
        var beat = Map.of("runId", owner.runId(), "fence", owner.fence());
        return api.post("/api/v1/heartbeats", Map.of("beats", List.of(beat)))
                .expect(200)
                .json()
                .at("/items/0");
    }

    private void cancel(String run) {
        api.post("/api/v1/runs/" + run + "/cancel", Map.of()).expect(200);
    }

    /** A run that was gated, so that its owners have something to redeem. @return the approval's id */
    private String submitApproved(String lane) {
        var run = api.submit(lane, Map.of("approval", Api.QUESTION)).path("id").asText();
        var approval = api.pendingOf(run).path("id").asText();
        api.decide(approval, true).expect(200);
        return approval;
    }

    private static Reply call(Api caller, Operation operation, Claimed owner, String approval, Object body) {
        var id = operation.path().startsWith("/api/v1/approvals/") ? approval : owner.runId();
        return caller.send(operation.method(), operation.pathOf(id), body);
    }

    private static JsonNode problem(Operation operation, Reply reply) {
        return operation.fenced() == Fenced.ITEMS
                ? reply.expect(200).json().at("/items/0/problem")
                : reply.expect(409).json();
    }

    private String lostAt(String run, Loss loss) {
        var at = rows.one("select at from events where run_id = cast(? as uuid) and type = ?", run, loss.id())
                .get("at");
        return ((java.sql.Timestamp) at).toInstant().toString();
    }
}
