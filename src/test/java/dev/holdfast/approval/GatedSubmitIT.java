package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A run that people have to approve before it begins. */
class GatedSubmitIT {
    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void F1_aGatedRunWaitsFromTheFirstInstantOn() {
        var run = api.submit("gated", Map.of("approval", Api.QUESTION, "conversationId", "c", "endUser", "ada"));

        assertThat(run.path("state").asText()).isEqualTo("suspended");
        assertThat(run.path("waitingFor").asText()).isEqualTo("approval");
        assertThat(api.claim("worker", "gated", 1).json().path("claims")).isEmpty();
        var asked = api.pendingOf(id(run));
        assertThat(asked.path("conversationId").asText()).isEqualTo("c");
        assertThat(asked.path("endUser").asText()).isEqualTo("ada");
        assertThat(asked.path("slot").asText()).isEqualTo("refund");
        var events = tenant.events(id(run));
        assertThat(events).hasSize(1);
        assertThat(events.get(0).path("type").asText()).isEqualTo("submitted");
        assertThat(events.get(0).path("to").asText()).isEqualTo("suspended");
        assertThat(events.get(0).at("/data/approvalId")).isEqualTo(asked.path("id"));
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ?
                            union all select xmin from approvals where run_id = ?) t""", uuid(run), uuid(run))).isEqualTo(1);

        api.decide(asked.path("id").asText(), true).expect(200);

        var claim = api.claimOne("worker", "gated");
        assertThat(claim.fence()).isEqualTo(1);
        assertThat(claim.json().at("/approval/id")).isEqualTo(asked.path("id"));
        api.complete(claim).expect(200);
    }

    @Test
    void F1_inALaneThatTheSubmitItselfMakesTheStandardTimeoutCounts() {
        var lane = "new-" + UUID.randomUUID();
        var asked = api.pendingOf(id(api.submit(lane, Map.of("approval", Api.QUESTION))));
        assertThat(Duration.between(instant(asked, "requestedAt"), instant(asked, "deadline")))
                .isEqualTo(Duration.ofMinutes(30));
        tenant.lane("quick", Map.of("approvalTimeout", "PT1M"));
        var quick = api.pendingOf(id(api.submit("quick", Map.of("approval", Api.QUESTION))));
        assertThat(Duration.between(instant(quick, "requestedAt"), instant(quick, "deadline")))
                .isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void F1_theWaitForAWorkerBeginsWithTheApproval() {
        var run = api.submit("slow-people", Map.of("approval", Api.QUESTION, "queueTimeout", "PT1M"));
        rows.change(
                "update runs set available_at = available_at - interval 'PT20M', submitted_at = submitted_at - interval 'PT20M' where id = ?",
                uuid(run));
        assertThat(tenant.sweep(Map.of()).path("total").asInt()).isZero();

        api.decide(api.pendingOf(id(run)).path("id").asText(), true).expect(200);

        assertThat(tenant.sweep(Map.of()).path("total").asInt()).isZero();
        var available = instant(tenant.run(id(run)), "availableAt");
        assertThat(available)
                .isAfter(instant(tenant.run(id(run)), "submittedAt").plusSeconds(600));
        api.claimOne("worker", "slow-people");
    }

    @Test
    void F1_aTimeThatLiesAheadStaysThere() {
        var run = api.submit("ahead", Map.of("approval", Api.QUESTION, "delay", "PT1H"));
        var at = run.path("availableAt");

        api.decide(api.pendingOf(id(run)).path("id").asText(), true).expect(200);

        assertThat(tenant.run(id(run)).path("availableAt")).isEqualTo(at);
        assertThat(api.claim("worker", "ahead", 1).json().path("claims")).isEmpty();
    }

    @Test
    void F1_ofABatchEachIsGatedByItself() {
        var late = with("deadline", Instant.now().minusSeconds(5).toString());
        var reply = api.post(
                        "/api/v1/runs/batch",
                        Map.of(
                                "runs",
                                List.of(
                                        Map.of("lane", "batch", "approval", with("slot", "one")),
                                        Map.of("lane", "batch"),
                                        Map.of("lane", "batch", "approval", late),
                                        Map.of("lane", "batch", "approval", Map.of("slot", "s")),
                                        Map.of("lane", "batch", "approval", with("slot", "two")))))
                .expect(200)
                .json()
                .path("items");

        assertThat(reply.findValuesAsText("state")).containsExactly("suspended", "queued", "suspended");
        assertThat(reply.at("/2/problem/violations/0/field").asText()).isEqualTo("approval.deadline");
        assertThat(reply.at("/3/problem/violations").findValuesAsText("field"))
                .containsExactlyInAnyOrder("approval.action", "approval.title");
        assertThat(api.pendingOf(reply.at("/0/run/id").asText()).path("slot").asText())
                .isEqualTo("one");
        assertThat(api.pendingOf(reply.at("/4/run/id").asText()).path("slot").asText())
                .isEqualTo("two");
        assertThat(rows.count("select count(*) from approvals where tenant_id = ?", tenant.id()))
                .isEqualTo(2);
    }

    @Test
    void F1_aSenselessGateIsRefusedAndNothingSubmitted() {
        var before = tenant.everything();
        for (var wrong : Map.of(
                        "approval.deadline",
                                with("deadline", Instant.now().minusSeconds(5).toString()),
                        "approval.timeout", with("timeout", "PT0S"),
                        "approval.fence", with("fence", 1),
                        "approval.approvers.required",
                                with("approvers", Map.of("users", List.of("ada"), "required", 2)))
                .entrySet()) {
            var problem = api.post("/api/v1/runs", Map.of("lane", "senseless", "approval", wrong.getValue()))
                    .expect(400, "invalid_request");
            assertThat(problem.json().at("/violations/0/field").asText()).isEqualTo(wrong.getKey());
        }
        var number = api.post(
                "/api/v1/runs",
                "{\"lane\":\"senseless\",\"approval\":{\"slot\":\"s\",\"action\":\"a\",\"title\":\"t\",\"args\":9007199254740993}}");
        assertThat(number.expect(400).json().at("/violations/0/field").asText()).isEqualTo("approval.args");
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void A5_submittedTwiceWithOneKeyItIsAskedOnce() {
        var body = Map.of("lane", "once", "approval", Api.QUESTION);
        var replies = Api.inParallel(8, i -> api.with("Idempotency-Key", "once").post("/api/v1/runs", body));

        assertThat(replies)
                .extracting(reply -> reply.json().path("id").asText())
                .containsOnly(id(replies.get(0).json()));
        assertThat(rows.count("select count(*) from approvals where tenant_id = ?", tenant.id()))
                .isEqualTo(1);
    }

    @Test
    void A4_aGatedRunHoldsItsSubject() {
        var run = api.submit("subject", Map.of("approval", Api.QUESTION, "subject", "account-17"));

        var refused = api.post(
                        "/api/v1/runs", Map.of("lane", "subject", "subject", "account-17", "approval", Api.QUESTION))
                .expect(409, "subject_active");

        assertThat(refused.json().path("activeRunId")).isEqualTo(run.path("id"));
        assertThat(rows.count("select count(*) from approvals where tenant_id = ?", tenant.id()))
                .isEqualTo(1);
    }

    @Test
    void I3_whyAGatedRunWaitsIsExplained() {
        var run = id(api.submit("explained", Map.of("approval", Api.QUESTION)));
        var asked = api.pendingOf(run);

        var because = tenant.explain(run).at("/because/0");
        assertThat(because.path("code").asText()).isEqualTo("gated");
        assertThat(because.path("text").asText())
                .contains(
                        "Refund order 4711?",
                        asked.path("id").asText(),
                        asked.path("deadline").asText())
                .doesNotContain("next sweep");
        assertThat(because.path("until")).isEqualTo(asked.path("deadline"));

        rows.change("update approvals set deadline = statement_timestamp() where run_id = ?", UUID.fromString(run));
        assertThat(tenant.explain(run).at("/because/0/text").asText()).contains("the next sweep ends it");
    }

    private static Map<String, Object> with(String member, Object value) {
        var question = new LinkedHashMap<String, Object>(Api.QUESTION);
        question.put(member, value);
        return question;
    }

    private static Instant instant(JsonNode node, String member) {
        return Instant.parse(node.path(member).asText());
    }

    private static String id(JsonNode run) {
        return run.path("id").asText();
    }

    private static UUID uuid(JsonNode run) {
        return UUID.fromString(id(run));
    }
}
