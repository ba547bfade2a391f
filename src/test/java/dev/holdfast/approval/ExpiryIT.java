package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When nobody decides in time: what becomes of the run, and that an answer and the deadline never both count. */
class ExpiryIT {
    private static final String TOUCH = "update approvals set description = description where id = cast(? as uuid)";
    private static final Map<String, ?> APPROVALS = Map.of("phases", List.of("approvals"));

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @AfterEach
    void whatIsStoredHolds() {
        node.startClock();
        rows.assertInvariants();
    }

    @ParameterizedTest
    @CsvSource({
        ", , failed, approval_timeout",
        "fail, cancel, failed, approval_timeout",
        "approve, fail, queued, ",
        "deny, , queued, ",
        "deny, continue, queued, ",
        "deny, fail, failed, approval_denied",
        "deny, cancel, cancelled, "
    })
    void F12_theDeadlineDoesWhatTheQuestionSaysAndMergesTheMetadata(
            String onExpiry, String onDeny, String state, String code) {
        var question = new LinkedHashMap<String, Object>();
        question.put("onExpiry", onExpiry);
        question.put("onDeny", onDeny);
        question.values().removeIf(value -> value == null);
        var owner = tenant.claimed(
                "expiry",
                Map.of("metadata", Map.of("a", Map.of("b", List.of(1, 2)), "failureReason", "an old one", "z", true)));
        var asked = AskIT.idOf(api.ask(owner, question));
        due(asked);

        node.sweepByTimer();

        var run = tenant.run(owner.runId());
        assertThat(run.path("state").asText()).isEqualTo(state);
        assertThat(run.at("/failure/code").asText("")).isEqualTo(code == null ? "" : code);
        assertThat(run.at("/failure/category").asText("")).isEqualTo(code == null ? "" : "deadline");
        assertThat(run.at("/metadata/a/b/1").asInt()).isEqualTo(2);
        assertThat(run.at("/metadata/z").asBoolean()).isTrue();
        assertThat(run.at("/metadata/failureReason").asText()).isEqualTo("approval_timeout");
        assertThat(Instant.parse(run.at("/metadata/timedOutAt").asText()))
                .isEqualTo(Instant.parse(api.approval(asked).path("endedAt").asText()));
        assertThat(run.path("metadata")).hasSize(4);

        var approval = api.approval(asked);
        assertThat(approval.path("status").asText()).isEqualTo("expired");
        assertThat(approval.path("decisions")).isEmpty();
        var events = tenant.events(owner.runId());
        var event = events.get(events.size() - 1);
        assertThat(event.path("type").asText()).isEqualTo("approval_expired");
        assertThat(event.path("reason").asText()).isEqualTo("approval_timeout");
        assertThat(event.at("/actor/kind").asText()).isEqualTo("reaper");
        assertThat(event.at("/data/approvalId").asText()).isEqualTo(asked);
        assertThat(event.at("/data/slot").asText()).isEqualTo("refund");
        var verdict = tenant.explain(owner.runId()).path("lastVerdict");
        assertThat(verdict.path("phase").asText()).isEqualTo("approvals");
        assertThat(verdict.path("outcome").asText()).isEqualTo(state);
        assertThat(verdict.at("/evidence/approvalId").asText()).isEqualTo(asked);
        if (state.equals("queued")) {
            assertThat(api.claimOne("next", "expiry")
                            .json()
                            .at("/approval/status")
                            .asText())
                    .isEqualTo("expired");
        }
        api.decide(asked, true).expect(410, "approval_expired");
    }

    @Test
    void F12_withoutMetadataOrWithBrokenOnesItExpiresAllTheSame() {
        var without = tenant.claimed("bare");
        var broken = tenant.claimed("bare");
        due(AskIT.idOf(api.ask(without, Map.of())));
        due(AskIT.idOf(api.ask(broken, Map.of())));
        rows.change("update runs set metadata = '[1]' where id = ?", id(broken));

        assertThat(tenant.sweep(APPROVALS).path("cleanedUp").asInt()).isEqualTo(2);

        assertThat(tenant.run(without.runId()).path("metadata")).hasSize(2);
        assertThat(rows.one("select cast(metadata as text) as kept from runs where id = ?", id(broken))
                        .get("kept"))
                .isEqualTo("[1]");
        rows.change("update runs set metadata = null where id = ?", id(broken));
    }

    @Test
    void F12_metadataThatComeAtTheSameTimeAreKept() {
        var owner = tenant.claimed("concurrent", Map.of("metadata", Map.of("a", 1)));
        due(AskIT.idOf(api.ask(owner, Map.of("onExpiry", "approve"))));
        // Whoever writes them holds the row: the sweep passes over it and comes again.
        try (var other =
                HeldLock.by(rows, "update runs set metadata = metadata || '{\"b\": 2}' where id = ?", id(owner))) {
            assertThat(tenant.sweep(APPROVALS).path("total").asInt()).isZero();
        }
        rows.change("update runs set metadata = metadata || '{\"b\": 2}' where id = ?", id(owner));
        tenant.sweep(APPROVALS);

        assertThat(tenant.run(owner.runId()).path("metadata").properties().stream()
                        .map(Map.Entry::getKey))
                .containsExactlyInAnyOrder("a", "b", "failureReason", "timedOutAt");
    }

    @Test
    void F6_theDeadlineItselfIsTooLateAndAMomentBeforeIsNot() {
        var asked = AskIT.idOf(api.ask(tenant.claimed("boundary"), Map.of()));
        var deadline = Instant.parse(api.approval(asked).path("deadline").asText());
        var before = tenant.everything();

        node.stopClockAt(deadline);
        api.decide(asked, true).expect(410, "approval_expired");
        assertThat(tenant.everything()).isEqualTo(before);
        node.stopClockAt(deadline.minusMillis(1));
        assertThat(tenant.sweep(APPROVALS).path("total").asInt()).isZero();
        api.decide(asked, true).expect(200);
    }

    @Test
    void F6_whoWaitedForTheRunUntilTheDeadlineIsTooLate() {
        for (var required : List.of(1, 2)) {
            var owner = tenant.claimed("waited");
            var asked = AskIT.idOf(api.ask(owner, Map.of("approvers", Map.of("required", required))));
            var deadline = Instant.parse(api.approval(asked).path("deadline").asText());
            var before = rows.everythingOf(owner.runId());
            var held = HeldLock.by(rows, "select id from runs where id = ? for update", id(owner));
            var late = held.queue(() -> api.decide(asked, true));
            node.stopClockAt(deadline);
            held.close();

            late.join().expect(410, "approval_expired");
            assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
            assertThat(rows.count("select count(*) from decisions where approval_id = cast(? as uuid)", asked))
                    .isZero();
            node.startClock();
        }
    }

    /** The sweep is under way and held up at one question; about another one people decide meanwhile. */
    @Test
    void F6_aSweepUnderWayEndsNoQuestionThatIsAnsweredMeanwhile() {
        var first = tenant.claimed("held-up");
        var second = tenant.claimed("held-up");
        var slow = AskIT.idOf(api.ask(first, Map.of()));
        var asked = AskIT.idOf(api.ask(second, Map.of()));
        askedAgo(slow, Duration.ofMinutes(10));
        askedAgo(asked, Duration.ofMinutes(9));
        CompletableFuture<JsonNode> sweep;
        CompletableFuture<Reply> decision;
        try (var held = HeldLock.by(rows, TOUCH, slow)) {
            sweep = held.queue(() -> tenant.sweep(Map.of("timeoutMinutes", 5)));
            // If the sweep has its run already, it waits for the sweep.
            decision = CompletableFuture.supplyAsync(() -> api.decide(asked, true));
            await().until(() -> decision.isDone() || waiting() == 2);
        }

        var won = decision.join().status() == 200;
        assertThat(sweep.join().path("cleanedUp").asInt()).isEqualTo(won ? 1 : 2);
        assertThat(api.approval(slow).path("status").asText()).isEqualTo("expired");
        assertThat(api.approval(asked).path("status").asText()).isEqualTo(won ? "approved" : "expired");
        assertThat(tenant.run(second.runId()).path("state").asText()).isEqualTo(won ? "queued" : "failed");
    }

    @Test
    void F6_aDecisionThatHoldsTheRunIsPassedOverByTheSweep() {
        var owner = tenant.claimed("passed-over");
        var asked = AskIT.idOf(api.ask(owner, Map.of()));
        askedAgo(asked, Duration.ofMinutes(10));
        CompletableFuture<Reply> decision;
        try (var held = HeldLock.by(rows, TOUCH, asked)) {
            decision = held.queue(() -> api.decide(asked, true)); // has moved the run, and waits for the approval

            assertThat(tenant.sweep(Map.of("timeoutMinutes", 5)).path("total").asInt())
                    .isZero();
        }
        decision.join().expect(200);
        assertThat(tenant.sweep(Map.of("timeoutMinutes", 5)).path("total").asInt())
                .isZero();
        assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("queued");
    }

    /** On two nodes of a cluster, and its timer sweeps too. */
    @Test
    void F6_approveAgainstExpiryAtTheDeadlineTwoHundredRoundsOneWinnerEach() {
        var cluster = Rows.ofCluster();
        var both = Tenant.newOn(Cluster.node(1), cluster);
        var elsewhere = both.at(Cluster.node(2));
        int approved = 0;
        for (int round = 0; round < 200; round++) {
            var lane = "round-" + round;
            var owner = both.claimed(lane);
            var asked = AskIT.idOf(both.api().ask(owner, Map.of()));
            // Somewhere from now to twenty milliseconds from now: about as long as both calls take to get there.
            cluster.change(
                    "update approvals set deadline = statement_timestamp() + cast(? as interval) where id = cast(? as uuid)",
                    "PT0.0%02dS".formatted(round % 20),
                    asked);
            var replies = Api.inParallel(
                    2,
                    i -> i == 0
                            ? both.api().decide(asked, true)
                            : elsewhere.post("/api/v1/sweeps", APPROVALS).expect(200));

            var decision = replies.get(0);
            if (decision.status() != 200) {
                decision.expect(410, "approval_expired");
                elsewhere.post("/api/v1/sweeps", APPROVALS).expect(200); // it may have come before the deadline
            }
            var won = decision.status() == 200;
            approved += won ? 1 : 0;
            assertThat(both.api().approval(asked).path("status").asText()).isEqualTo(won ? "approved" : "expired");
            assertThat(both.run(owner.runId()).path("state").asText()).isEqualTo(won ? "queued" : "failed");
            assertThat(both.events(owner.runId()).stream()
                            .map(event -> event.path("type").asText()))
                    .containsExactly("submitted", "claimed", "suspended", won ? "approved" : "approval_expired");
            assertThat(cluster.count("select count(*) from decisions where approval_id = cast(? as uuid)", asked))
                    .isEqualTo(won ? 1 : 0);
        }
        assertThat(approved).as("races that people won").isBetween(1, 199);
        cluster.assertInvariants();
    }

    @Test
    void C18_whoWaitsForAPersonIsNeverTouchedByTheLeasesPhase() {
        tenant.lane("patient", Map.of("heartbeat", "required", "approvalTimeout", "P30D"));
        var owner = tenant.beating("patient");
        api.ask(owner, Map.of()).expect(201);
        rows.change(
                "update runs set submitted_at = submitted_at - interval 'P20D', last_heartbeat_at = last_heartbeat_at - interval 'P20D' where id = ?",
                id(owner));
        var before = rows.everythingOf(owner.runId());

        node.sweepByTimer();
        tenant.sweep(Map.of("cutoff", "PT0S"));

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void E2_aRunWhoseTotalTimeIsOverWithdrawsItsQuestion() {
        var owner = tenant.claimed("total", Map.of("runTimeout", "PT1H"));
        var asked = AskIT.idOf(api.ask(owner, Map.of("timeout", "P2D")));
        rows.change("update runs set submitted_at = submitted_at - interval 'PT2H' where id = ?", id(owner));

        node.sweepByTimer();

        assertThat(tenant.run(owner.runId()).at("/failure/code").asText()).isEqualTo("run_timeout");
        assertThat(api.approval(asked).path("status").asText()).isEqualTo("withdrawn");
        api.decide(asked, true).expect(409, "approval_already_decided");
    }

    @Test
    void C11_aRunThatAsksWhileItsTotalTimeIsFoundOverIsNotLeftWithAnOpenQuestion() {
        tenant.lane("asking", Map.of("runTimeout", "PT1H"));
        var oldest = tenant.claimed("asking");
        var owner = tenant.claimed("asking");
        rows.change("update runs set submitted_at = submitted_at - interval 'PT2H' where tenant_id = ?", tenant.id());
        rows.change("update runs set submitted_at = submitted_at - interval 'PT1H' where id = ?", id(oldest));
        CompletableFuture<JsonNode> sweep;
        CompletableFuture<Reply> asked;
        try (var held = HeldLock.by(rows, "select run_id from leases where run_id = ? for update", id(oldest))) {
            sweep = held.queue(() -> tenant.sweep(Map.of("phases", List.of("runs"))));
            asked = CompletableFuture.supplyAsync(() -> api.ask(owner, Map.of()));
            await().until(() -> asked.isDone() || waiting() == 2);
        }
        sweep.join();
        assertThat(asked.join().status()).isIn(201, 409);
        rows.assertInvariants();
        tenant.sweep(Map.of("phases", List.of("runs")));
        assertThat(tenant.run(owner.runId()).at("/failure/code").asText()).isEqualTo("run_timeout");
        assertThat(api.get("/api/v1/approvals").json().path("items")).isEmpty();
    }

    @Test
    void C9_retentionTakesTheQuestionsAndDecisionsOfARunWithIt() {
        tenant.lane("kept", Map.of("retention", "PT1M"));
        var asked = AskIT.idOf(api.ask(tenant.claimed("kept"), Map.of("onDeny", "fail")));
        api.decide(asked, false).expect(200);
        rows.change("update runs set ended_at = ended_at - interval 'PT1H' where tenant_id = ?", tenant.id());

        tenant.sweep(Map.of("phases", List.of("retention")));

        api.get("/api/v1/approvals/" + asked).expect(404, "not_found");
        assertThat(rows.count("select count(*) from decisions where tenant_id = ?", tenant.id()))
                .isZero();
    }

    private void due(String approval) {
        rows.change("update approvals set deadline = statement_timestamp() where id = cast(? as uuid)", approval);
    }

    private void askedAgo(String approval, Duration age) {
        rows.change(
                "update approvals set requested_at = statement_timestamp() - cast(? as interval) where id = cast(? as uuid)",
                age.toString(),
                approval);
    }

    /** Statements of this database that wait for a lock. */
    private long waiting() {
        return rows.count(
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
