package dev.holdfast.scenario;

import static dev.holdfast.scenario.Lanes.ACTION;
import static dev.holdfast.scenario.Lanes.SYNC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** J5: a conversation's agent asks its user, and nothing that happens to streams, people or nodes loses the question. */
class DurableApprovalsScenarioIT {
    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @BeforeEach
    void lanes() {
        Lanes.declareIn(tenant);
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void J5_theStreamIsCutWhileAnApprovalWaitsAndTheDecisionContinuesTheRun() {
        var owner = tenant.claimed(ACTION, Map.of("conversationId", "chat-7", "endUser", "ada"));
        api.asOwner(owner, "events", Map.of("events", List.of(Map.of("type", "typing"))))
                .expect(201);
        // The worker asks, and the line goes dead before the answer.
        var body =
                "{\"fence\":%d,\"slot\":\"send\",\"action\":\"mail.send\",\"title\":\"Send it?\",\"args\":{\"to\":\"bob\"}}"
                        .formatted(owner.fence());
        try (var line = Wire.to(node.server().uri())) {
            line.write(Wire.request("POST", "/api/v1/runs/" + owner.runId() + "/approvals")
                    .header("Authorization", "Bearer " + owner.runKey())
                    .json(body));
        }
        await().until(() -> pending("chat-7").path("hasPending").asBoolean());

        // Nobody listens; the run stays suspended, whatever the sweeps do, and whoever looks finds the question.
        node.sweepByTimer();
        tenant.sweep(Map.of("cutoff", "PT0S"));
        assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("suspended");
        var question = pending("chat-7").at("/approvals/0");
        assertThat(question.path("title").asText()).isEqualTo("Send it?");
        assertThat(question.at("/args/to").asText()).isEqualTo("bob");
        assertThat(api.get("/api/v1/conversations/chat-7/pending-approvals?endUser=ada")
                        .expect(200)
                        .json()
                        .path("approvals"))
                .hasSize(1);
        api.get("/api/v1/conversations/chat-7/pending-approvals?endUser=mallory")
                .expect(404);

        // The answer continues the run, without anyone else doing anything.
        var id = question.path("id").asText();
        api.decide(id, true).expect(200);
        assertThat(pending("chat-7").path("hasPending").asBoolean(true)).isFalse();
        var next = api.claimOne("another-worker", ACTION);
        assertThat(next.runId()).isEqualTo(owner.runId());
        assertThat(next.json().at("/approval/id").asText()).isEqualTo(id);
        assertThat(next.json().at("/approval/status").asText()).isEqualTo("approved");
        api.withKey(next.runKey())
                .post("/api/v1/approvals/" + id + "/redeem", next.body(Map.of("args", Map.of("to", "bob"))))
                .expect(200);
        api.withKey(next.runKey()).complete(next).expect(200);
        assertThat(tenant.events(owner.runId()).stream()
                        .map(event -> event.path("type").asText()))
                .containsExactly(
                        "submitted",
                        "claimed",
                        "worker.typing",
                        "suspended",
                        "approved",
                        "claimed",
                        "redeemed",
                        "completed");
    }

    @Test
    void J5_staleOnesAreEndedAfterThirtyMinutesAHundredAtATimeOldestFirst() {
        var waiting = new ArrayList<String>();
        for (int i = 0; i < 105; i++) {
            waiting.add(asked("chat-" + i, Map.of("kept", Map.of("n", i))));
        }
        for (int i = 0; i < waiting.size(); i++) {
            age(waiting.get(i), "PT30M" + (waiting.size() - i) + "S");
        }
        var young = asked("young", Map.of());
        age(young, "PT29M");

        var first = tenant.sweep(Map.of());
        var second = tenant.sweep(Map.of());
        var third = tenant.sweep(Map.of());

        assertThat(first.path("verdicts").findValuesAsText("runId"))
                .containsExactlyInAnyOrderElementsOf(waiting.subList(0, 100));
        assertCounts(first, 100);
        assertCounts(second, 5);
        assertCounts(third, 0);
        var run = tenant.run(waiting.get(7));
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo("approval_timeout");
        assertThat(run.at("/metadata/kept/n").asInt()).isEqualTo(7);
        assertThat(run.at("/metadata/failureReason").asText()).isEqualTo("approval_timeout");
        assertThat(run.path("metadata").has("timedOutAt")).isTrue();
        assertThat(tenant.run(young).path("state").asText()).isEqualTo("suspended");
    }

    @Test
    void J5_twentySweepsAtOnceAnswerAllAndEndEachOnce() {
        var waiting = new ArrayList<String>();
        for (int i = 0; i < 30; i++) {
            waiting.add(asked("chat", Map.of()));
            age(waiting.get(i), "PT31M");
        }

        var replies = Api.inParallel(20, i -> api.post("/api/v1/sweeps", Map.of()));

        assertThat(replies).allMatch(reply -> reply.status() == 200);
        assertThat(replies.stream()
                        .mapToInt(reply -> reply.json().path("cleanedUp").asInt())
                        .sum())
                .isEqualTo(30);
        assertThat(waiting)
                .allMatch(run -> tenant.run(run).path("state").asText().equals("failed"));
    }

    @Test
    void J5_aFailingRowIsCountedAndTheOthersAreEnded() {
        var waiting = List.of(asked("a", Map.of()), asked("b", Map.of()), asked("c", Map.of()));
        waiting.forEach(run -> age(run, "PT31M"));
        rows.execute("""
                create function refuse() returns trigger language plpgsql as $$ begin raise 'refused by a test'; end $$;
                create trigger refuse before update on runs for each row when (old.id = '%s') execute function refuse()""".formatted(waiting.get(1)));
        try {
            var sweep = tenant.sweep(Map.of());
            assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(2);
            assertThat(sweep.path("failed").asInt()).isEqualTo(1);
            assertThat(sweep.path("total").asInt()).isEqualTo(3);
        } finally {
            rows.execute("drop trigger refuse on runs; drop function refuse()");
        }
        assertThat(tenant.run(waiting.get(1)).path("state").asText()).isEqualTo("suspended");
        assertCounts(tenant.sweep(Map.of()), 1);
    }

    @Test
    void J5_acrossTenantsOnlyTheSystemKeySweepsAndWithoutAKeyNobody() {
        var mine = asked("chat", Map.of());
        age(mine, "PT31M");
        var other = node.newTenant();
        var before = tenant.everything();

        assertCounts(other.sweep(Map.of()), 0);
        api.withoutKey().post("/api/v1/sweeps", Map.of()).expect(401, "key_missing");
        api.get("/api/v1/sweeps").expect(200);
        api.get("/api/v1/approvals").expect(200);
        api.get("/api/v1/runs/" + mine + "/explain").expect(200);
        assertThat(tenant.everything()).isEqualTo(before);

        var all = node.administrator()
                .post("/api/v1/sweeps", Map.of())
                .expect(200)
                .json();
        assertThat(all.path("verdicts").findValuesAsText("runId")).contains(mine);
    }

    @Test
    void J5_aLateApprovalIsRefusedAndMovesNothing() {
        var run = asked("chat", Map.of());
        var approval = api.pendingOf(run).path("id").asText();
        age(run, "PT30M");
        var beforeTheSweep = tenant.everything();
        api.decide(approval, true).expect(410, "approval_expired");
        assertThat(tenant.everything()).isEqualTo(beforeTheSweep);

        tenant.sweep(Map.of());

        var afterwards = tenant.everything();
        api.decide(approval, true).expect(410, "approval_expired");
        api.decide(approval, false).expect(410, "approval_expired");
        assertThat(tenant.everything()).isEqualTo(afterwards);
        assertThat(tenant.run(run).path("state").asText()).isEqualTo("failed");
    }

    private JsonNode pending(String conversation) {
        return api.get("/api/v1/conversations/" + conversation + "/pending-approvals")
                .expect(200)
                .json();
    }

    /** A run of this conversation that waits for people. */
    private String asked(String conversation, Map<String, ?> metadata) {
        Claimed owner = tenant.claimed(SYNC, Map.of("conversationId", conversation, "metadata", metadata));
        api.ask(owner, Map.of()).expect(201);
        return owner.runId();
    }

    private void age(String run, String age) {
        rows.change(
                "update approvals set requested_at = requested_at - cast(? as interval), deadline = deadline - cast(? as interval)"
                        + " where run_id = ?",
                age,
                age,
                UUID.fromString(run));
    }

    private static void assertCounts(JsonNode sweep, int cleanedUp) {
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(cleanedUp);
        assertThat(sweep.path("failed").asInt()).isZero();
        assertThat(sweep.path("total").asInt()).isEqualTo(cleanedUp);
    }
}
