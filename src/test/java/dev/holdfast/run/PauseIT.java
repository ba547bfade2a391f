package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pausing: what waits or works is set aside until somebody resumes it, and its owner is told. */
class PauseIT {
    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final String lane = Situation.newLane("pause");

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @ParameterizedTest
    @EnumSource(names = {"QUEUED", "HANDED_BACK", "CLAIMED", "RUNNING", "STALE_RUNNING"})
    void E5_aRunIsSetAsideAndResumed(Situation situation) {
        var owner = situation.bring(one, rows, lane);
        var before = one.run(owner.runId());

        var reply = two.post(pause(owner.runId()), Map.of("reason", "the CRM is down"))
                .expect(200);

        var paused = one.run(owner.runId());
        assertThat(reply.json()).isEqualTo(paused);
        assertThat(reply.header("ETag")).isEqualTo("\"" + paused.path("version").asText() + "\"");
        assertThat(paused.path("state").asText()).isEqualTo("suspended");
        assertThat(paused.path("waitingFor").asText()).isEqualTo("operator");
        assertThat(paused.path("fence").asLong()).isEqualTo(before.path("fence").asLong() + 1);
        assertThat(paused.has("workerId")).isFalse();
        var last = lastEventOf(owner.runId());
        assertThat(last.path("type").asText()).isEqualTo("paused");
        assertThat(last.path("from").asText()).isEqualTo(situation.state.id());
        assertThat(last.path("to").asText()).isEqualTo("suspended");
        assertThat(last.path("reason").asText()).isEqualTo("the CRM is down");
        assertThat(last.at("/actor/kind").asText()).isEqualTo("operator");
        assertThat(last.path("correlationId").asText()).isEqualTo(reply.header("X-Correlation-Id"));
        var because = one.get("/api/v1/runs/" + owner.runId() + "/explain")
                .expect(200)
                .json()
                .at("/because/0");
        assertThat(because.path("code").asText()).isEqualTo("paused");
        assertThat(because.path("since")).isEqualTo(last.path("at"));
        assertThat(one.claim("worker-2", lane, 1).json().path("claims")).isEmpty();

        two.post("/api/v1/runs/" + owner.runId() + "/resume", null).expect(200);
        assertThat(one.claimOne("worker-2", lane).fence())
                .isEqualTo(before.path("fence").asLong() + 3);
    }

    @Test
    void E5_theOwnerLearnsItByItsHeartbeatAndCanWriteNothingMore() {
        one.submit(lane);
        var owner = one.claimOne("worker-1", lane);
        one.asOwner(owner, "heartbeat", Map.of("progress", "half", "checkpoint", Map.of("page", 7)))
                .expect(200);
        two.post(pause(owner.runId()), null).expect(200);

        var word = one.beat(owner).expect(200).json();
        assertThat(word.path("continue").asBoolean(true)).isFalse();
        assertThat(word.path("reason").asText()).isEqualTo("paused");
        var dead = one.withKey(owner.runKey())
                .beat(owner)
                .expect(401, "key_revoked")
                .json();
        assertThat(dead.path("because").asText()).isEqualTo("paused");
        var late = one.complete(owner).expect(409, "lease_lost").json();
        assertThat(late.path("lostBecause").asText()).isEqualTo("paused");

        two.post("/api/v1/runs/" + owner.runId() + "/resume", null).expect(200);
        assertThat(one.beat(owner).expect(200).json().path("reason").asText())
                .as("as long as nobody else has it")
                .isEqualTo("paused");
        var next = one.claimOne("worker-2", lane);
        assertThat(next.json().at("/checkpoint/page").asInt()).isEqualTo(7);
        assertThat(one.beat(owner)
                        .expect(409, "lease_lost")
                        .json()
                        .path("lostBecause")
                        .asText())
                .isEqualTo("paused");
    }

    @ParameterizedTest
    @EnumSource(names = {"ASLEEP", "AWAITING_APPROVAL", "PAUSED", "COMPLETED", "FAILED", "CANCELLED"})
    void E5_whatNeitherWaitsForAWorkerNorHasOneIsNotPaused(Situation situation) {
        var owner = situation.bring(one, rows, lane);
        var before = rows.everythingOf(owner.runId());

        var problem =
                two.post(pause(owner.runId()), null).expect(409, "illegal_move").json();

        assertThat(problem.path("currentState").asText()).isEqualTo(situation.state.id());
        assertThat(problem.path("detail").asText()).contains(situation.state.id(), "cannot be paused");
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void E5_aPauseWithAnOldVersionIs412AndChangesNothing() {
        var owner = Situation.RUNNING.bring(one, rows, lane);
        var before = rows.everythingOf(owner.runId());
        var version = one.run(owner.runId()).path("version").asLong();

        two.with("If-Match", "\"" + (version - 1) + "\"")
                .post(pause(owner.runId()), null)
                .expect(412, "version_mismatch");
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);

        two.with("If-Match", "\"" + version + "\"")
                .post(pause(owner.runId()), null)
                .expect(200);
    }

    @Test
    void E4_onlyAnOperatorPausesAndOnlyItsOwn() {
        var id = one.submit(lane).path("id").asText();
        var key = one.post(
                        "/api/v1/keys",
                        Map.of("name", "pause", "scopes", List.of("runs:submit", "runs:work", "runs:read")))
                .expect(201)
                .json()
                .path("key")
                .asText();
        one.withKey(key).post(pause(id), null).expect(403, "forbidden");
        one.post(pause(UUID.randomUUID().toString()), null).expect(404, "not_found");
        assertThat(one.run(id).path("state").asText()).isEqualTo("queued");
    }

    private com.fasterxml.jackson.databind.JsonNode lastEventOf(String run) {
        var events = one.get("/api/v1/runs/" + run + "/events").json().path("items");
        return events.get(events.size() - 1);
    }

    private static String pause(String id) {
        return "/api/v1/runs/" + id + "/pause";
    }
}
