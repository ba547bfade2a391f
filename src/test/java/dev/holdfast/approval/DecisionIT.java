package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One decision: who may give it, what it does, and that it is one however many come at once, on two nodes. */
class DecisionIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();
    private final Api elsewhere = tenant.at(Cluster.node(2));
    private int keys;

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void F3_approvingMakesTheRunClaimableInTheSameTransactionAndTouchesNothingElse() {
        var owner =
                tenant.claimed("approve", Map.of("metadata", Map.of("a", Map.of("b", 1)), "labels", Map.of("x", "y")));
        var asked = asked(owner, Map.of());
        var before = tenant.run(owner.runId());

        var reply = decide(elsewhere, asked, Map.of("approved", true, "reason", "It is fine."));

        var decided = reply.expect(200).json();
        assertThat(reply.header("ETag")).isEqualTo("\"2\"");
        assertThat(decided.path("status").asText()).isEqualTo("approved");
        assertThat(decided.has("missing")).isFalse();
        assertThat(decided.path("decisions")).hasSize(1);
        assertThat(decided.at("/decisions/0/approver").asText()).isEqualTo("key of a test");
        assertThat(decided.at("/decisions/0/approved").asBoolean()).isTrue();
        assertThat(decided.at("/decisions/0/reason").asText()).isEqualTo("It is fine.");
        assertThat(decided).isEqualTo(api.approval(asked));

        var run = tenant.run(owner.runId());
        assertThat(run.path("state").asText()).isEqualTo("queued");
        assertThat(run.path("fence")).isEqualTo(before.path("fence"));
        assertThat(run.path("version").asLong())
                .isEqualTo(before.path("version").asLong() + 1);
        assertThat(run.path("metadata")).isEqualTo(before.path("metadata"));
        assertThat(run.path("labels")).isEqualTo(before.path("labels"));
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ?
                            union all select xmin from approvals where run_id = ?
                            union all select d.xmin from decisions d join approvals a on a.id = d.approval_id where a.run_id = ?
                            union all select xmin from events where run_id = ? and type = 'approved') t""", id(owner), id(owner), id(owner), id(owner))).isEqualTo(1);
        var event = last(owner);
        assertThat(event.path("type").asText()).isEqualTo("approved");
        assertThat(event.at("/actor/kind").asText()).isEqualTo("approver");
        assertThat(event.at("/actor/id").asText()).isEqualTo("key of a test");
        assertThat(event.path("reason").asText()).isEqualTo("It is fine.");
        assertThat(event.at("/data/approvalId").asText()).isEqualTo(asked);
        assertThat(event.path("correlationId").asText()).isEqualTo(reply.header("X-Correlation-Id"));
        assertThat(api.claimOne("next", "approve").json().at("/approval/id").asText())
                .isEqualTo(asked);
    }

    @ParameterizedTest
    @CsvSource({", queued", "continue, queued", "fail, failed", "cancel, cancelled"})
    void F3_aDenialDoesWhatTheQuestionSays(String onDeny, String state) {
        var owner = tenant.claimed("deny");
        var asked = asked(owner, onDeny == null ? Map.of() : Map.of("onDeny", onDeny));

        decide(api, asked, Map.of("approved", false, "reason", "Too much.")).expect(200);

        var run = tenant.run(owner.runId());
        assertThat(run.path("state").asText()).isEqualTo(state);
        assertThat(run.at("/failure/code").asText("")).isEqualTo(state.equals("failed") ? "approval_denied" : "");
        assertThat(run.at("/failure/category").asText("")).isEqualTo(state.equals("failed") ? "human" : "");
        assertThat(run.at("/failure/message").asText("")).isEqualTo(state.equals("failed") ? "Too much." : "");
        var event = last(owner);
        assertThat(event.path("type").asText()).isEqualTo("denied");
        assertThat(event.path("to").asText()).isEqualTo(state);
        assertThat(event.path("reason").asText()).isEqualTo("Too much.");
        if (state.equals("queued")) {
            var claim = api.claimOne("next", "deny");
            assertThat(claim.json().at("/approval/status").asText()).isEqualTo("denied");
            assertThat(claim.json().at("/approval/decisions/0/reason").asText()).isEqualTo("Too much.");
        } else {
            assertThat(api.claim("next", "deny", 1).json().path("claims")).isEmpty();
        }
    }

    @Test
    void F4_ofTwentyAtOnceOnTwoNodesOneDecidesAndTheOthersAreToldWho() {
        for (int round = 0; round < 5; round++) {
            var owner = tenant.claimed("at-once-" + round);
            var asked = asked(owner, Map.of());
            var approvers = Stream.generate(() -> approver("approvals:decide"))
                    .limit(20)
                    .toList();
            var replies = Api.inParallel(20, i -> (i % 2 == 0 ? api : elsewhere)
                    .withKey(approvers.get(i).path("key").asText())
                    .decide(asked, i % 3 != 0));

            var won = replies.stream().filter(reply -> reply.status() == 200).toList();
            assertThat(won).hasSize(1);
            var winner = won.get(0).json().at("/decisions/0/approver").asText();
            var approved = won.get(0).json().at("/decisions/0/approved").asBoolean();
            replies.stream().filter(reply -> reply.status() != 200).forEach(reply -> {
                var problem = reply.expect(409, "approval_already_decided").json();
                assertThat(problem.path("currentStatus").asText()).isEqualTo(approved ? "approved" : "denied");
                assertThat(problem.at("/decisions/0/approver").asText()).isEqualTo(winner);
                assertThat(problem.path("endedAt")).isEqualTo(won.get(0).json().path("endedAt"));
            });
            assertThat(rows.count("select count(*) from decisions where approval_id = cast(? as uuid)", asked))
                    .isEqualTo(1);
            assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("queued");
            assertThat(tenant.events(owner.runId()).stream()
                            .filter(event ->
                                    event.path("actor").path("kind").asText().equals("approver")))
                    .hasSize(1);
        }
    }

    @Test
    void F4_twoAreNeededOfThree() {
        var owner = tenant.claimed("quorum");
        var asked = asked(owner, Map.of("approvers", Map.of("roles", List.of("approver"), "required", 2)));
        var ada = api.withKey(approver("approvals:decide").path("key").asText());
        var grace = elsewhere.withKey(approver("approvals:decide").path("key").asText());

        var first = ada.decide(asked, true).expect(200).json();

        assertThat(first.path("status").asText()).isEqualTo("pending");
        assertThat(first.path("missing").asInt()).isEqualTo(1);
        assertThat(first.path("decisions")).hasSize(1);
        assertThat(first.path("version").asInt()).isEqualTo(2);
        assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("suspended");
        assertThat(last(owner).path("type").asText()).isEqualTo("decided");
        assertThat(last(owner).has("to")).isFalse();

        var again =
                ada.decide(asked, true).expect(409, "approver_already_decided").json();
        assertThat(again.path("decisions")).isEqualTo(first.path("decisions"));
        ada.decide(asked, false).expect(409, "approver_already_decided");

        var second = grace.decide(asked, true).expect(200).json();
        assertThat(second.path("status").asText()).isEqualTo("approved");
        assertThat(second.path("decisions")).hasSize(2);
        assertThat(second.has("missing")).isFalse();
        assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("queued");
        api.decide(asked, true).expect(409, "approval_already_decided");
    }

    @Test
    void F4_oneDenialIsAVeto() {
        var owner = tenant.claimed("veto");
        var asked = asked(owner, Map.of("approvers", Map.of("required", 3), "onDeny", "cancel"));
        api.withKey(approver("approvals:decide").path("key").asText())
                .decide(asked, true)
                .expect(200);

        var vetoed = elsewhere.decide(asked, false).expect(200).json();

        assertThat(vetoed.path("status").asText()).isEqualTo("denied");
        assertThat(vetoed.has("missing")).isFalse();
        assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("cancelled");
    }

    @Test
    void F4_approversOfAQuorumAtOnceAreCountedEachOnce() {
        for (int round = 0; round < 10; round++) {
            var owner = tenant.claimed("quorum-race-" + round);
            var asked = asked(owner, Map.of("approvers", Map.of("required", 3)));
            var approvers =
                    Stream.generate(() -> approver("approvals:decide")).limit(4).toList();
            // Each of the four twice, on both nodes.
            var replies = Api.inParallel(8, i -> (i % 2 == 0 ? api : elsewhere)
                    .withKey(approvers.get(i / 2).path("key").asText())
                    .decide(asked, true));

            var counted =
                    replies.stream().filter(reply -> reply.status() == 200).toList();
            assertThat(counted).hasSize(3);
            assertThat(counted)
                    .extracting(reply -> reply.json().path("missing").asInt())
                    .containsExactlyInAnyOrder(2, 1, 0);
            assertThat(replies.stream().filter(reply -> reply.status() != 200).map(Reply::code))
                    .hasSize(5)
                    .allMatch(List.of("approval_already_decided", "approver_already_decided")::contains);
            assertThat(api.approval(asked).path("decisions")).hasSize(3);
            assertThat(new HashSet<>(api.approval(asked).path("decisions").findValuesAsText("approver")))
                    .hasSize(3);
        }
    }

    @Test
    void F5_whatIsUnknownOrAnothersIs404() {
        api.decide(UUID.randomUUID().toString(), true).expect(404, "not_found");
        api.decide("none", true).expect(404, "not_found");
        var asked = asked(tenant.claimed("ours"), Map.of());
        var other = Tenant.newOn(Cluster.node(2), rows);
        var before = tenant.everything();

        other.api().decide(asked, true).expect(404, "not_found");
        other.api().get("/api/v1/approvals/" + asked).expect(404, "not_found");
        other.api()
                .post("/api/v1/approvals/" + asked + "/redeem", Map.of("fence", 1))
                .expect(404, "not_found");
        assertThat(other.api().get("/api/v1/approvals").json().path("items")).isEmpty();

        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void F5_whatIsDecidedStaysSoWhateverTheRunDoesNext() {
        for (var fate : List.of("claimed", "running", "completed", "failed", "cancelled")) {
            var lane = "fate-" + fate;
            var owner = tenant.claimed(lane);
            var asked = asked(owner, Map.of());
            api.decide(asked, true).expect(200);
            var next = api.claimOne("next", lane);
            bring(next, fate);
            var before = tenant.everything();

            for (var approved : List.of(true, false)) {
                var late = decide(elsewhere, asked, Map.of("approved", approved, "reason", "Late."))
                        .expect(409, "approval_already_decided");
                assertThat(late.json().path("currentStatus").asText()).isEqualTo("approved");
            }

            assertThat(tenant.everything()).as(fate).isEqualTo(before);
        }
    }

    @Test
    void F5_afterTheDeadlineNothingIsDecidedEvenIfNoSweepHasRun() {
        for (var quorum : List.of(1, 2)) {
            var owner = tenant.claimed("late");
            // So that no sweep of the cluster's timer is faster than this test.
            var swept = HeldLock.by(
                    rows, "select pg_advisory_xact_lock(hashtext('holdfast.reaper')); lock table reaper in share mode");
            try (swept) {
                var asked = asked(owner, Map.of("approvers", Map.of("required", quorum)));
                rows.change("update approvals set deadline = statement_timestamp() where id = cast(? as uuid)", asked);
                var before = tenant.everything();

                for (var approved : List.of(true, false)) {
                    var late = elsewhere.decide(asked, approved).expect(410, "approval_expired");
                    assertThat(late.json().path("currentStatus").asText()).isEqualTo("pending");
                    assertThat(late.json().has("deadline")).isTrue();
                }
                assertThat(tenant.everything()).isEqualTo(before);

                tenant.sweep(Map.of("phases", List.of("approvals")));
                assertThat(tenant.run(owner.runId()).at("/failure/code").asText())
                        .isEqualTo("approval_timeout");
                var failed = tenant.everything();
                for (var approved : List.of(true, false)) {
                    var late = api.decide(asked, approved).expect(410, "approval_expired");
                    assertThat(late.json().path("currentStatus").asText()).isEqualTo("expired");
                }
                assertThat(tenant.everything())
                        .as("never from failed to running")
                        .isEqualTo(failed);
            }
        }
    }

    @Test
    void F5_withoutAWordNothingIsDecided() {
        var asked = asked(tenant.claimed("wordless"), Map.of());
        var before = tenant.everything();
        for (var body : List.of(
                "{}",
                "{\"approved\":null}",
                "{\"approved\":\"true\"}",
                "{\"approved\":1}",
                "{\"approve\":true}",
                "{\"approved\":true,\"reason\":\"\"}")) {
            var problem =
                    api.post("/api/v1/approvals/" + asked + "/decision", body).expect(400);
            assertThat(problem.code()).isEqualTo("invalid_request");
        }
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void F5_aDecisionAboutOtherArgsIsNone() {
        var asked = asked(tenant.claimed("mismatch"), Map.of());
        var digest = api.approval(asked).path("argsDigest").asText();
        var before = tenant.everything();

        for (var other : List.of("0".repeat(64), digest.toUpperCase(), "deadbeef")) {
            var problem = decide(api, asked, Map.of("approved", true, "argsDigest", other))
                    .expect(409, "approval_mismatch");
            assertThat(problem.json().path("argsDigest").asText()).isEqualTo(digest);
        }

        assertThat(tenant.everything()).isEqualTo(before);
        decide(api, asked, Map.of("approved", true, "argsDigest", digest)).expect(200);
    }

    @Test
    void F5_aDecisionAgainstACancelIsOneOrTheOther() {
        for (var first : List.of("cancel", "approve", "deny")) {
            var owner = tenant.claimed("cancelled-meanwhile");
            var asked = asked(owner, Map.of());
            var held = HeldLock.by(rows, "select id from runs where id = ? for update", id(owner));
            var replies = held.inOrder(
                    () -> first.equals("cancel") ? cancel(owner) : api.decide(asked, first.equals("approve")),
                    () -> first.equals("cancel") ? elsewhere.decide(asked, true) : cancel(owner));

            replies.get(0).expect(200);
            if (first.equals("cancel")) {
                var late =
                        replies.get(1).expect(409, "approval_already_decided").json();
                assertThat(late.path("currentStatus").asText()).isEqualTo("withdrawn");
                assertThat(late.path("decisions")).isEmpty();
            } else {
                assertThat(replies.get(1).expect(200).json().path("cancelled").asBoolean())
                        .isTrue();
                assertThat(api.approval(asked).path("status").asText())
                        .isEqualTo(first.equals("approve") ? "approved" : "denied");
            }
            assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("cancelled");
        }
    }

    @Test
    void F5_aVoiceOfAQuorumAgainstACancelCountsNothing() {
        var owner = tenant.claimed("voice");
        var asked = asked(owner, Map.of("approvers", Map.of("required", 2)));
        var held = HeldLock.by(rows, "select id from runs where id = ? for update", id(owner));
        var replies = held.inOrder(() -> cancel(owner), () -> elsewhere.decide(asked, true));

        replies.get(0).expect(200);
        replies.get(1).expect(409, "approval_already_decided");
        assertThat(rows.count("select count(*) from decisions where approval_id = cast(? as uuid)", asked))
                .isZero();
    }

    @Test
    void F10_theRunsOwnKeyMayNotDecide() {
        var owner = tenant.claimed("own-key");
        var asked = asked(tenant.claimed("own-key-too"), Map.of());
        var before = tenant.everything();
        for (var its : List.of(api.withKey(owner.runKey()), elsewhere.withKey(owner.runKey()))) {
            its.decide(asked, true).expect(403, "forbidden");
            its.post("/api/v1/approvals/decisions", Map.of("items", List.of(Map.of("id", asked, "approved", true))))
                    .expect(403, "forbidden");
            its.get("/api/v1/approvals/" + asked).expect(403, "forbidden");
        }
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"asked", "claimed", "submitted"})
    void F10_theKeyThatAskedOrClaimedMayNotDecideUnlessItManagesKeys(String part) {
        for (var managing : List.of(false, true)) {
            var scopes = Stream.concat(
                    Stream.of("approvals:decide", "runs:work", "runs:submit", "runs:read"),
                    managing ? Stream.of("keys:manage") : Stream.empty());
            var worker = api.withKey(
                    approver(scopes.toArray(String[]::new)).path("key").asText());
            var lane = part + managing;
            var asked = "";
            if (part.equals("submitted")) {
                var run = worker.submit(lane, Map.of("approval", Api.QUESTION));
                asked = api.pendingOf(run.path("id").asText()).path("id").asText();
            } else {
                api.submit(lane);
                var owner = (part.equals("claimed") ? worker : api).claimOne("worker", lane);
                var asker = part.equals("claimed") ? api.withKey(owner.runKey()) : worker;
                asked = AskIT.idOf(asker.ask(owner, Map.of()).expect(201));
            }
            var before = tenant.everything();

            if (managing) {
                worker.decide(asked, true).expect(200);
            } else {
                worker.decide(asked, true).expect(403, "own_approval");
                var item = worker.post(
                                "/api/v1/approvals/decisions",
                                Map.of("items", List.of(Map.of("id", asked, "approved", false))))
                        .expect(200);
                assertThat(item.json().at("/items/0/problem/code").asText()).isEqualTo("own_approval");
                assertThat(tenant.everything()).isEqualTo(before);
                api.withKey(approver("approvals:decide").path("key").asText())
                        .decide(asked, true)
                        .expect(200);
            }
        }
    }

    @Test
    void F10_onlyThoseNamedMayDecideByRoleOrByName() {
        var operator = approver("approvals:decide", "runs:operate");
        var plain = approver("approvals:decide");
        var named = approver("approvals:decide");
        var administrator = approver("approvals:decide", "keys:manage");
        var approvers = Map.of(
                "roles", List.of("operator", "administrator"),
                "users", List.of(named.path("name").asText()));
        for (var allowed : List.of(operator, named, administrator)) {
            var asked = asked(tenant.claimed("named"), Map.of("approvers", approvers));
            assertThat(api.approval(asked).at("/approvers/roles")).hasSize(2);
            var before = tenant.everything();
            api.withKey(plain.path("key").asText()).decide(asked, true).expect(403, "not_an_approver");
            assertThat(tenant.everything()).isEqualTo(before);
            api.withKey(allowed.path("key").asText()).decide(asked, true).expect(200);
            api.complete(api.claimOne("next", "named")).expect(200);
        }
        var byRole = asked(tenant.claimed("named"), Map.of("approvers", Map.of("roles", List.of("approver"))));
        api.withKey(plain.path("key").asText()).decide(byRole, true).expect(200);
        var reading = approver("runs:read", "runs:operate");
        api.withKey(reading.path("key").asText()).decide(byRole, true).expect(403, "forbidden");
        api.withKey(reading.path("key").asText()).get("/api/v1/approvals").expect(200);
        api.withKey(plain.path("key").asText()).get("/api/v1/approvals").expect(200);
        api.withKey(approver("runs:submit").path("key").asText())
                .get("/api/v1/approvals")
                .expect(403, "forbidden");
    }

    @Test
    void F11_aBatchIsDecidedItemByItem() {
        var asked = IntStream.range(0, 4)
                .mapToObj(i -> asked(tenant.claimed("batch"), Map.of("onDeny", "fail")))
                .toList();
        api.decide(asked.get(2), true).expect(200);
        var unknown = UUID.randomUUID().toString();

        var items = elsewhere
                .post(
                        "/api/v1/approvals/decisions",
                        Map.of(
                                "items",
                                List.of(
                                        Map.of("id", asked.get(0), "approved", true, "reason", "Yes."),
                                        Map.of("id", unknown, "approved", true),
                                        Map.of("id", asked.get(1), "approved", false),
                                        Map.of("id", asked.get(2), "approved", true),
                                        Map.of("id", "none", "approved", true),
                                        Map.of("id", asked.get(3)),
                                        Map.of("id", asked.get(3), "approved", true, "argsDigest", "other"),
                                        Map.of("id", asked.get(0), "approved", true))))
                .expect(200)
                .json()
                .path("items");

        assertThat(items.findValuesAsText("index")).containsExactly("0", "1", "2", "3", "4", "5", "6", "7");
        assertThat(items.at("/0/approval/status").asText()).isEqualTo("approved");
        assertThat(items.at("/1/problem/code").asText()).isEqualTo("not_found");
        assertThat(items.at("/2/approval/status").asText()).isEqualTo("denied");
        assertThat(items.at("/3/problem/code").asText()).isEqualTo("approval_already_decided");
        assertThat(items.at("/4/problem/violations/0/field").asText()).isEqualTo("id");
        assertThat(items.at("/5/problem/violations/0/field").asText()).isEqualTo("approved");
        assertThat(items.at("/6/problem/code").asText()).isEqualTo("approval_mismatch");
        assertThat(items.at("/7/problem/code").asText()).isEqualTo("approval_already_decided");
        assertThat(asked)
                .extracting(id -> api.approval(id).path("status").asText())
                .containsExactly("approved", "denied", "approved", "pending");
    }

    @Test
    void E2_cancellingAWaitingRunWithdrawsItsQuestion() {
        var owner = tenant.claimed("withdrawn", Map.of("conversationId", "c"));
        var asked = asked(owner, Map.of("onDeny", "fail"));

        assertThat(cancel(owner).expect(200).json().path("cancelled").asBoolean())
                .isTrue();

        var approval = api.approval(asked);
        assertThat(approval.path("status").asText()).isEqualTo("withdrawn");
        assertThat(approval.has("endedAt")).isTrue();
        assertThat(approval.path("decisions")).isEmpty();
        assertThat(api.get("/api/v1/approvals").json().path("items")).isEmpty();
        assertThat(api.get("/api/v1/conversations/c/pending-approvals")
                        .json()
                        .path("hasPending")
                        .asBoolean(true))
                .isFalse();
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ? union all select xmin from approvals where run_id = ?) t""", id(owner), id(owner))).isEqualTo(1);
        var before = tenant.everything();
        api.decide(asked, true).expect(409, "approval_already_decided");
        assertThat(cancel(owner).expect(200).json().path("cancelled").asBoolean())
                .isFalse();
        assertThat(tenant.everything()).isEqualTo(before);
    }

    private void bring(Claimed claim, String fate) {
        switch (fate) {
            case "running" -> api.beat(claim).expect(200);
            case "completed" -> api.complete(claim).expect(200);
            case "failed" ->
                api.asOwner(
                                claim,
                                "fail",
                                Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                        .expect(200);
            case "cancelled" -> cancel(claim).expect(200);
            default -> {}
        }
    }

    private Reply cancel(Claimed owner) {
        return api.post("/api/v1/runs/" + owner.runId() + "/cancel", Map.of());
    }

    private String asked(Claimed owner, Map<String, ?> members) {
        return AskIT.idOf(api.ask(owner, members).expect(201));
    }

    private static Reply decide(Api api, String approval, Map<String, ?> decision) {
        return api.post("/api/v1/approvals/" + approval + "/decision", new LinkedHashMap<>(decision));
    }

    /** Another key of this tenant. */
    private JsonNode approver(String... scopes) {
        return api.post("/api/v1/keys", Map.of("name", "approver " + keys++, "scopes", List.of(scopes)))
                .expect(201)
                .json();
    }

    private JsonNode last(Claimed claim) {
        var events = tenant.events(claim.runId());
        return events.get(events.size() - 1);
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
