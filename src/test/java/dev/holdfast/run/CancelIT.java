package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cancelling: from every state but the final ones, once, and truthfully when somebody else is at the run as well. */
class CancelIT {
    private static final int ROUNDS = 5;

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @ParameterizedTest
    @ValueSource(strings = {"queued", "claimed", "running", "suspended", "failed"})
    void E1_aRunIsCancelledFromEveryStateThatIsNotFinal(String state) {
        var id = runThatIs(state, "cancel-" + state);
        var before = one.run(id);
        assertThat(before.path("state").asText()).isEqualTo(state);

        var reply =
                two.post(cancel(id), Map.of("reason", "not wanted any more")).expect(200);

        var after = one.run(id);
        assertThat(reply.json().path("cancelled").asBoolean()).isTrue();
        assertThat(reply.json().path("state").asText()).isEqualTo("cancelled");
        assertThat(reply.json().path("version")).isEqualTo(after.path("version"));
        assertThat(reply.header("ETag")).isEqualTo("\"" + after.path("version").asLong() + "\"");
        assertThat(after.path("state").asText()).isEqualTo("cancelled");
        assertThat(after.path("fence").asLong()).isEqualTo(before.path("fence").asLong() + 1);
        assertThat(after.has("endedAt")).isTrue();
        assertThat(after.has("waitingFor")).isFalse();
        assertThat(leasesOf(id)).isZero();
        var events = one.get("/api/v1/runs/" + id + "/events").json().path("items");
        var last = events.get(events.size() - 1);
        assertThat(last.path("type").asText()).isEqualTo("cancelled");
        assertThat(last.path("from").asText()).isEqualTo(state);
        assertThat(last.path("to").asText()).isEqualTo("cancelled");
        assertThat(last.path("reason").asText()).isEqualTo("not wanted any more");
        assertThat(last.path("actor").path("kind").asText()).isEqualTo("operator");
        assertThat(last.path("correlationId").asText()).isEqualTo(reply.header("X-Correlation-Id"));
        assertThat(one.claim("worker", "cancel-" + state, 1).json().path("claims"))
                .isEmpty();
    }

    @Test
    void E4_aRefusalIsNoFaultToTheContainer() {
        var run = one.submit("cancel-refused").path("id").asText();
        var before = Cluster.node(1).faultRecords();

        one.post(cancel(UUID.randomUUID().toString()), Map.of()).expect(404, "not_found");
        one.with("If-Match", "\"99\"").post(cancel(run), Map.of()).expect(412, "version_mismatch");

        assertThat(Cluster.node(1).faultRecords()).isEqualTo(before);
        assertThat(one.run(run).path("state").asText()).isEqualTo("queued");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancelled", "completed"})
    void E1_aFinalRunIsLeftAsItIsToTheByte(String state) {
        var id = runThatIs(state, "cancel-final");
        var before = rows.everythingOf(id);
        var version = one.run(id).path("version");

        for (var node : new Api[] {one, two}) {
            var reply = node.post(cancel(id), Map.of("reason", "too late")).expect(200);
            assertThat(reply.json().path("cancelled").asBoolean()).isFalse();
            assertThat(reply.json().path("state").asText()).isEqualTo(state);
            assertThat(reply.json().path("version")).isEqualTo(version);
        }

        assertThat(rows.everythingOf(id)).isEqualTo(before);
    }

    @Test
    void E1_cancelNeedsNoBody() {
        var id = one.submit("cancel-bare").path("id").asText();
        var reply = one.post(cancel(id), null).expect(200);
        assertThat(reply.json().path("cancelled").asBoolean()).isTrue();
        one.post(cancel(id), Map.of()).expect(200);
        one.with("Content-Type", "text/plain").post(cancel(id), "why not").expect(415);
    }

    @Test
    void E1_ofTwentyParallelCancelsOneCancels() {
        for (int round = 0; round < 5; round++) {
            var id = runThatIs(round % 2 == 0 ? "queued" : "running", "cancel-race");
            var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two).post(cancel(id), Map.of()));

            assertThat(replies).extracting(Reply::status).containsOnly(200);
            assertThat(replies)
                    .extracting(reply -> reply.json().path("cancelled").asBoolean())
                    .containsOnlyOnce(true);
            assertThat(replies)
                    .extracting(reply -> reply.json().path("version"))
                    .containsOnly(one.run(id).path("version"));
            assertThat(eventsOf(id, "cancelled")).isEqualTo(1);
        }
    }

    @Test
    void E1_aFirstHeartbeatInFrontDoesNotSaveARunFromItsCancel() {
        for (int round = 0; round < ROUNDS; round++) {
            var claim = claimed("cancel-after-beat");
            var replies =
                    leaseHeld(claim).inOrder(() -> one.beat(claim), () -> two.post(cancel(claim.runId()), Map.of()));
            var beat = replies.get(0);
            var cancel = replies.get(1);
            assertThat(beat.expect(200).json().path("continue").asBoolean()).isTrue();
            assertCancelled(cancel, claim);
            assertThat(eventsOf(claim.runId(), "started")).isEqualTo(1);
        }
    }

    @Test
    void E1_aFirstHeartbeatBehindACancelIsToldToStop() {
        for (int round = 0; round < ROUNDS; round++) {
            var claim = claimed("cancel-before-beat");
            var replies =
                    leaseHeld(claim).inOrder(() -> one.post(cancel(claim.runId()), Map.of()), () -> two.beat(claim));
            var cancel = replies.get(0);
            var beat = replies.get(1);
            assertCancelled(cancel, claim);
            assertThat(beat.expect(200).json().path("continue").asBoolean(true)).isFalse();
            assertThat(beat.json().path("reason").asText()).isEqualTo("cancelled");
            assertThat(eventsOf(claim.runId(), "started")).isZero();
        }
    }

    @Test
    void E1_aHeartbeatCaughtBetweenLeaseAndRunDoesNotSaveARunFromItsCancel() {
        for (int round = 0; round < ROUNDS; round++) {
            var claim = claimed("cancel-amid-beat");
            var replies =
                    runHeld(claim).inOrder(() -> one.beat(claim), () -> two.post(cancel(claim.runId()), Map.of()));
            var beat = replies.get(0);
            var cancel = replies.get(1);
            assertThat(beat.expect(200).json().path("continue").asBoolean()).isTrue();
            assertCancelled(cancel, claim);
        }
    }

    @Test
    void E1_aCompleteInFrontOfACancelWinsAndTheCancelSaysSo() {
        for (int round = 0; round < ROUNDS; round++) {
            var claim = beating("cancel-after-complete");
            var replies = leaseHeld(claim)
                    .inOrder(
                            () -> one.asOwner(claim, "complete", Map.of("result", "done")),
                            () -> two.post(cancel(claim.runId()), Map.of()));
            var complete = replies.get(0);
            var cancel = replies.get(1);
            var run = one.run(claim.runId());
            assertThat(run.path("state").asText()).isEqualTo("completed");
            assertThat(run.path("result").asText()).isEqualTo("done");
            assertThat(complete.expect(200).json()).isEqualTo(run);
            assertThat(cancel.expect(200).json().path("cancelled").asBoolean(true))
                    .isFalse();
            assertThat(cancel.json().path("state").asText()).isEqualTo("completed");
            assertThat(cancel.json().path("version")).isEqualTo(run.path("version"));
        }
    }

    @Test
    void E1_aCompleteBehindACancelIsRefusedAndLeavesNothing() {
        for (int round = 0; round < ROUNDS; round++) {
            var claim = beating("cancel-before-complete");
            var replies = leaseHeld(claim)
                    .inOrder(
                            () -> one.post(cancel(claim.runId()), Map.of()),
                            () -> two.asOwner(claim, "complete", Map.of("result", "done")));
            var cancel = replies.get(0);
            var complete = replies.get(1);
            assertCancelled(cancel, claim);
            complete.expect(409, "lease_lost");
            assertThat(complete.json().path("lostBecause").asText()).isEqualTo("cancelled");
            assertThat(one.run(claim.runId()).has("result")).isFalse();
        }
    }

    @Test
    void E1_aClaimInFrontDoesNotSaveAQueuedRunFromItsCancel() {
        for (int round = 0; round < ROUNDS; round++) {
            var id = one.submit("cancel-after-claim").path("id").asText();
            // The claim holds the run's row and waits to open its lease.
            var replies = leaseForeseen(id)
                    .inOrder(() -> one.claim("worker", "cancel-after-claim", 1), () -> two.post(cancel(id), Map.of()));
            var claim = replies.get(0);
            var cancel = replies.get(1);
            var fence = claim.expect(200).json().path("claims").path(0).path("fence");
            assertThat(fence.asLong()).isEqualTo(1);
            assertThat(cancel.expect(200).json().path("cancelled").asBoolean()).isTrue();
            var beat = two.post("/api/v1/runs/" + id + "/heartbeat", Map.of("fence", fence))
                    .expect(200);
            assertThat(beat.json().path("continue").asBoolean(true)).isFalse();
            assertThat(one.run(id).path("fence").asLong()).isEqualTo(2);
            assertThat(leasesOf(id)).isZero();
        }
    }

    @Test
    void E3_cascadeCancelsDescendantsAndCountsWhatItCouldNot() {
        var root = beating("cascade").runId();
        var queued = childOf(root);
        var completed = childOf(root, "cascade-completed");
        var cancelled = childOf(root);
        one.complete(one.claimOne("worker", "cascade-completed")).expect(200);
        one.post(cancel(cancelled), null).expect(200);
        var grandchildren = List.of(childOf(queued), childOf(completed), childOf(cancelled));
        var bystander = one.submit("cascade").path("id").asText();

        var reply = two.post(cancel(root), Map.of("cascade", true, "reason", "all of it"))
                .expect(200);

        assertThat(reply.json().path("cancelled").asBoolean()).isTrue();
        assertThat(reply.json().at("/cascade/cancelled").asInt()).isEqualTo(4);
        assertThat(reply.json().at("/cascade/refused").asInt()).isEqualTo(1);
        for (var id : List.of(queued, grandchildren.get(0), grandchildren.get(1), grandchildren.get(2))) {
            assertThat(one.run(id).path("state").asText()).isEqualTo("cancelled");
            assertThat(rows.one(
                            "select reason, correlation_id, actor_kind from events where run_id = cast(? as uuid) and type = 'cancelled'",
                            id))
                    .containsEntry("reason", "all of it")
                    .containsEntry("correlation_id", reply.header("X-Correlation-Id"))
                    .containsEntry("actor_kind", "operator");
        }
        assertThat(one.run(completed).path("state").asText()).isEqualTo("completed");
        assertThat(eventsOf(cancelled, "cancelled")).isEqualTo(1);
        assertThat(one.run(bystander).path("state").asText()).isEqualTo("queued");

        var again = two.post(cancel(root), Map.of("cascade", true)).expect(200).json();
        assertThat(again.path("cancelled").asBoolean(true)).isFalse();
        assertThat(again.at("/cascade/cancelled").asInt()).isZero();
        assertThat(again.at("/cascade/refused").asInt()).isEqualTo(1);
    }

    @Test
    void E3_aDescendantThatCannotBeCancelledStopsNoOtherAndIsCancelledTheNextTime() {
        var root = one.submit("cascade").path("id").asText();
        var children = List.of(childOf(root), childOf(root), childOf(root));
        var bad = children.get(1);
        var refuse = "refuse_" + bad.replace("-", "");
        rows.execute("""
                create function %1$s() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
                create trigger %1$s before update on runs for each row when (new.id = '%2$s') execute function %1$s()""".formatted(refuse, bad));
        try {
            var reply =
                    two.post(cancel(root), Map.of("cascade", true)).expect(200).json();
            assertThat(reply.path("cancelled").asBoolean()).isTrue();
            assertThat(reply.at("/cascade/cancelled").asInt()).isEqualTo(2);
            assertThat(reply.at("/cascade/refused").asInt()).isEqualTo(1);
        } finally {
            rows.execute("drop function " + refuse + " cascade");
        }
        assertThat(one.run(bad).path("state").asText()).isEqualTo("queued");

        var again = two.post(cancel(root), Map.of("cascade", true)).expect(200).json();
        assertThat(again.at("/cascade/cancelled").asInt()).isEqualTo(1);
        assertThat(again.at("/cascade/refused").asInt()).isZero();
    }

    @Test
    void E3_withoutCascadeTheDescendantsGoOn() {
        var root = one.submit("cascade").path("id").asText();
        var child = childOf(root);
        for (var body : new Object[] {null, Map.of(), Map.of("cascade", false)}) {
            assertThat(two.post(cancel(root), body).expect(200).json().has("cascade"))
                    .isFalse();
        }
        assertThat(one.run(child).path("state").asText()).isEqualTo("queued");

        var version = one.get("/api/v1/runs/" + root).header("ETag");
        two.with("If-Match", "\"0\"")
                .post(cancel(root), Map.of("cascade", true))
                .expect(412, "version_mismatch");
        assertThat(one.run(child).path("state").asText()).isEqualTo("queued");
        two.with("If-Match", version)
                .post(cancel(root), Map.of("cascade", true))
                .expect(200);
        assertThat(one.run(child).path("state").asText()).isEqualTo("cancelled");
    }

    private String childOf(String parent) {
        return childOf(parent, "cascade-children");
    }

    private String childOf(String parent, String lane) {
        return one.submit(lane, Map.of("parentRunId", parent)).path("id").asText();
    }

    private void assertCancelled(Reply cancel, Claimed claim) {
        assertThat(cancel.expect(200).json().path("cancelled").asBoolean()).isTrue();
        var run = one.run(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("cancelled");
        assertThat(run.path("fence").asLong()).isEqualTo(claim.fence() + 1);
        assertThat(cancel.json().path("version")).isEqualTo(run.path("version"));
        assertThat(leasesOf(claim.runId())).isZero();
        assertThat(eventsOf(claim.runId(), "cancelled")).isEqualTo(1);
        assertThat(one.beat(claim).expect(200).json().path("continue").asBoolean(true))
                .isFalse();
    }

    private String runThatIs(String state, String lane) {
        var id = one.submit(lane).path("id").asText();
        if (state.equals("queued")) {
            return id;
        }
        if (state.equals("cancelled")) {
            one.post(cancel(id), Map.of()).expect(200);
            return id;
        }
        var claim = one.claimOne("worker", lane);
        switch (state) {
            case "claimed" -> {}
            case "running" -> one.beat(claim).expect(200);
            case "suspended" ->
                one.asOwner(
                                claim,
                                "sleep",
                                Map.of(
                                        "until",
                                        Instant.now().plus(Duration.ofDays(1)).toString()))
                        .expect(200);
            case "failed" ->
                one.asOwner(
                                claim,
                                "fail",
                                Map.of("failure", Map.of("code", "broken", "message", "for good"), "retryable", false))
                        .expect(200);
            case "completed" -> one.complete(claim).expect(200);
            default -> throw new IllegalArgumentException(state);
        }
        return id;
    }

    private Claimed claimed(String lane) {
        one.submit(lane);
        return one.claimOne("worker", lane);
    }

    private Claimed beating(String lane) {
        var claim = claimed(lane);
        one.beat(claim).expect(200);
        return claim;
    }

    private HeldLock leaseHeld(Claimed claim) {
        return HeldLock.by(rows, "select from leases where run_id = ? for update", UUID.fromString(claim.runId()));
    }

    private HeldLock runHeld(Claimed claim) {
        return HeldLock.by(rows, "select from runs where id = ? for update", UUID.fromString(claim.runId()));
    }

    private HeldLock leaseForeseen(String id) {
        return HeldLock.by(rows, """
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, 1, 'nobody', now(), now(), sha256('none'), now(), now() from runs where id = ?""", UUID.fromString(id));
    }

    private static String cancel(String id) {
        return "/api/v1/runs/" + id + "/cancel";
    }

    private long leasesOf(String id) {
        return rows.count("select count(*) from leases where run_id = ?", UUID.fromString(id));
    }

    private long eventsOf(String id, String type) {
        return rows.count("select count(*) from events where run_id = ? and type = ?", UUID.fromString(id), type);
    }
}
