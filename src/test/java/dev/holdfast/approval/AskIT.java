package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run's owner asks people: what is asked, when it is the same again, and what the next owner gets of it. */
class AskIT {
    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void F1_theRunIsSuspendedAndTheQuestionVisibleInOneTransaction() {
        var owner = tenant.claimed("ask", Map.of("conversationId", "c-1", "endUser", "ada"));
        api.asOwner(owner, "heartbeat", Map.of("checkpoint", Map.of("page", 3))).expect(200);

        var reply = api.ask(
                owner,
                Map.of(
                        "description",
                        "It came back.\nUnopened.",
                        "delegated",
                        true,
                        "approvers",
                        Map.of("roles", List.of("approver"), "users", List.of("ada", "grace"), "required", 2),
                        "onDeny",
                        "cancel",
                        "onExpiry",
                        "deny"));

        var asked = reply.expect(201).json();
        assertThat(reply.header("Location"))
                .endsWith("/api/v1/approvals/" + asked.path("id").asText());
        assertThat(reply.header("ETag")).isEqualTo("\"1\"");
        assertThat(asked.path("runId").asText()).isEqualTo(owner.runId());
        assertThat(asked.path("status").asText()).isEqualTo("pending");
        assertThat(asked.at("/args/amount").decimalValue()).isEqualByComparingTo("129.9");
        assertThat(asked.path("argsDigest").asText())
                .isEqualTo("eb4e158dc74b74801415fac02946b7259a9f9b2b99790e9049709d4514dfe554");
        assertThat(asked.path("delegated").asBoolean()).isTrue();
        assertThat(asked.path("required").asInt()).isEqualTo(2);
        assertThat(asked.at("/approvers/users/1").asText()).isEqualTo("grace");
        assertThat(asked.path("decisions")).isEmpty();
        assertThat(asked.path("onDeny").asText()).isEqualTo("cancel");
        assertThat(asked.path("onExpiry").asText()).isEqualTo("deny");
        assertThat(asked.path("conversationId").asText()).isEqualTo("c-1");
        assertThat(asked.path("endUser").asText()).isEqualTo("ada");
        assertThat(asked.path("lane").asText()).isEqualTo("ask");
        assertThat(api.approval(asked.path("id").asText())).isEqualTo(asked);
        assertThat(api.pendingOf(owner.runId())).isEqualTo(asked);

        var run = tenant.run(owner.runId());
        assertThat(run.path("state").asText()).isEqualTo("suspended");
        assertThat(run.path("waitingFor").asText()).isEqualTo("approval");
        assertThat(run.has("workerId")).isFalse();
        assertThat(run.at("/checkpoint/page").asInt()).isEqualTo(3);
        assertThat(rows.count("select count(*) from leases where run_id = ?", id(owner)))
                .isZero();
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ?
                            union all select xmin from approvals where run_id = ?
                            union all select xmin from events where run_id = ? and type = 'suspended') t""", id(owner), id(owner), id(owner))).isEqualTo(1);
        var event = last(tenant.events(owner.runId()));
        assertThat(event.path("type").asText()).isEqualTo("suspended");
        assertThat(event.at("/data/waitingFor").asText()).isEqualTo("approval");
        assertThat(event.at("/data/approvalId")).isEqualTo(asked.path("id"));
        assertThat(event.at("/data/slot").asText()).isEqualTo("refund");
        assertThat(event.at("/data/action").asText()).isEqualTo("payments.refund");
        assertThat(Instant.parse(event.at("/data/deadline").asText())).isEqualTo(instant(asked, "deadline"));
        var refused = api.withKey(owner.runKey()).beat(owner).expect(401, "key_revoked");
        assertThat(refused.json().path("because").asText()).isEqualTo("suspended");
        assertThat(api.claim("another", "ask", 1).json().path("claims")).isEmpty();
    }

    @Test
    void F1_ifTheQuestionCannotBeStoredTheRunGoesOn() {
        var owner = tenant.beating("ask-refused");
        var before = tenant.everything();
        rows.execute("""
                create function refuse_question() returns trigger language plpgsql as
                $$ begin raise exception 'refused by a test'; end $$;
                create trigger refuse_question before insert on approvals
                for each row when (new.lane = 'ask-refused') execute function refuse_question()""");
        try {
            api.ask(owner, Map.of()).expect(500, "internal_error");
            assertThat(tenant.everything()).isEqualTo(before);
        } finally {
            rows.execute("drop trigger refuse_question on approvals; drop function refuse_question()");
        }
        api.withKey(owner.runKey()).ask(owner, Map.of()).expect(201);
    }

    @Test
    void F1_whoDidNotHearTheReplyAsksAgainAndGetsTheSame() {
        var owner = tenant.claimed("ask-again");
        var asked = api.ask(owner, Map.of()).expect(201).json();
        var before = tenant.everything();

        assertThat(api.ask(owner, Map.of("title", "Worded otherwise?", "timeout", "PT1H"))
                        .expect(200)
                        .json())
                .isEqualTo(asked);
        api.withKey(owner.runKey()).ask(owner, Map.of()).expect(401, "key_revoked");
        api.ask(owner, Map.of("slot", "another")).expect(409, "lease_lost");
        api.ask(owner, Map.of("args", Map.of("order", "4712"))).expect(409, "lease_lost");
        api.ask(owner.withFence(owner.fence() + 1), Map.of()).expect(409, "lease_lost");
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void F1_whoseRepliesWereLostWhileItWasAnsweredHasLostTheRun() {
        var owner = tenant.claimed("ask-late");
        api.decide(idOf(api.ask(owner, Map.of())), true).expect(200);

        var lost = api.ask(owner, Map.of()).expect(409, "lease_lost").json();

        assertThat(lost.path("lostBecause").asText()).isEqualTo("suspended");
        assertThat(api.claimOne("next", "ask-late")
                        .json()
                        .at("/approval/status")
                        .asText())
                .isEqualTo("approved");
    }

    @Test
    void F1_twoAsksAtOnceMakeOneQuestion() {
        for (int round = 0; round < 10; round++) {
            var owner = tenant.claimed("ask-twice");
            var replies = Api.inParallel(4, i -> api.ask(owner, Map.of()));
            assertThat(replies).filteredOn(reply -> reply.status() == 201).hasSize(1);
            assertThat(replies).filteredOn(reply -> reply.status() == 200).hasSize(3);
            assertThat(replies).extracting(AskIT::idOf).containsOnly(idOf(replies.get(0)));
        }
    }

    @Test
    void F1_anAskAgainstACompletionIsOneOrTheOther() {
        for (var first : List.of("approvals", "complete")) {
            var owner = tenant.claimed("ask-complete");
            var held = HeldLock.by(rows, "select id from runs where id = ? for update", id(owner));
            var replies = held.inOrder(
                    () -> first.equals("complete") ? api.complete(owner) : api.ask(owner, Map.of()),
                    () -> first.equals("complete") ? api.ask(owner, Map.of()) : api.complete(owner));
            assertThat(replies.get(0).status()).isLessThan(300);
            replies.get(1).expect(409, "lease_lost");
            assertThat(tenant.run(owner.runId()).path("state").asText())
                    .isEqualTo(first.equals("complete") ? "completed" : "suspended");
        }
    }

    @Test
    void F1_theDeadlineIsTheLanesUnlessTheQuestionSaysOtherwise() {
        tenant.lane("patient", Map.of("approvalTimeout", "PT5M"));
        assertThat(timeOf(api.ask(tenant.claimed("patient"), Map.of()))).isEqualTo(Duration.ofMinutes(5));
        assertThat(timeOf(api.ask(tenant.claimed("patient"), Map.of("timeout", "PT1H"))))
                .isEqualTo(Duration.ofHours(1));
        assertThat(timeOf(api.ask(tenant.claimed("standard"), Map.of()))).isEqualTo(Duration.ofMinutes(30));
        var deadline = Instant.now().plus(Duration.ofDays(365)).truncatedTo(java.time.temporal.ChronoUnit.MICROS);
        var asked = api.ask(tenant.claimed("patient"), Map.of("deadline", deadline.toString()))
                .expect(201)
                .json();
        assertThat(instant(asked, "deadline")).isEqualTo(deadline);
    }

    @Test
    void F1_aSenselessQuestionIsRefusedAndTheOwnerGoesOn() {
        var owner = tenant.claimed("senseless");
        var before = tenant.everything();
        var late = Instant.now().minusSeconds(1).toString();
        var far = Instant.now().plus(Duration.ofDays(367)).toString();

        assertRefused(api.ask(owner, Map.of("deadline", late)), "deadline");
        assertRefused(api.ask(owner, Map.of("deadline", far)), "deadline");
        assertRefused(api.ask(owner, Map.of("deadline", far, "timeout", "PT1H")), "timeout");
        assertRefused(api.ask(owner, Map.of("timeout", "PT0.5S")), "timeout");
        assertRefused(api.ask(owner, Map.of("timeout", "P367D")), "timeout");
        assertRefused(api.ask(owner, Map.of("slot", "")), "slot");
        assertRefused(
                api.ask(owner, Map.of("approvers", Map.of("users", List.of("ada"), "required", 2))),
                "approvers.required");
        assertRefused(api.ask(owner, Map.of("approvers", Map.of("roles", List.of()))), "approvers.roles");
        assertRefused(api.ask(owner, Map.of("onDeny", "explode")), "onDeny");
        var asked = "{\"fence\":%d,\"slot\":\"s\",\"action\":\"a\",\"title\":\"t\",\"args\":%s}";
        for (var number : List.of("9007199254740993", "{\"a\":[1e309]}")) {
            assertRefused(
                    api.post("/api/v1/runs/" + owner.runId() + "/approvals", asked.formatted(owner.fence(), number)),
                    "args");
        }
        assertThat(tenant.everything()).isEqualTo(before);
        api.ask(owner, Map.of()).expect(201);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "3", "\"text\"", "[]", "{\"a\":\"\\u0000\"}", "{\"b\":1,\"a\":[1.50,-0.25]}"})
    void F1_theArgsMayBeAnyJson(String args) {
        var owner = tenant.claimed("args");
        var body = "{\"fence\":%d,\"slot\":\"s\",\"action\":\"a\",\"title\":\"t\",\"args\":%s}"
                .formatted(owner.fence(), args);

        var asked =
                api.post("/api/v1/runs/" + owner.runId() + "/approvals", body).expect(201);

        assertThat(asked.text())
                .contains(args.equals("null") ? "\"title\":\"t\",\"argsDigest\"" : "\"args\":" + args + ",");
    }

    @Test
    void F3_theNextClaimCarriesTheAnswerAndSoDoesEachUntilTheNextQuestion() {
        var first = tenant.claimed("carried");
        var approval = idOf(api.ask(first, Map.of()));
        api.post("/api/v1/approvals/" + approval + "/decision", Map.of("approved", true, "reason", "Go ahead."))
                .expect(200);

        var second = api.claimOne("second", "carried");
        assertThat(second.fence()).isEqualTo(first.fence() + 1);
        assertThat(second.json().path("approval")).isEqualTo(api.approval(approval));
        assertThat(second.json().at("/approval/decisions/0/reason").asText()).isEqualTo("Go ahead.");

        api.asOwner(second, "release", Map.of()).expect(200);
        var third = api.claimOne("third", "carried");
        assertThat(third.json().path("approval")).isEqualTo(api.approval(approval));

        var next = idOf(api.ask(third, Map.of("slot", "next", "onExpiry", "approve")));
        assertThat(next).isNotEqualTo(approval);
        assertThat(rows.one("select approval_id from runs where id = ?", id(first))
                        .get("approval_id"))
                .isNull();
        api.decide(next, false).expect(200);
        var fourth = api.claimOne("fourth", "carried");
        assertThat(fourth.json().at("/approval/id").asText()).isEqualTo(next);
        assertThat(fourth.json().at("/approval/status").asText()).isEqualTo("denied");
    }

    @Test
    void F8_theSameQuestionAgainIsTheAnswerThatItGot() {
        var owner = tenant.claimed("same");
        var approved = idOf(api.ask(owner, Map.of()));
        api.decide(approved, true).expect(200);
        owner = api.claimOne("next", "same");
        var before = tenant.everything();

        for (var args :
                List.of("{\"amount\":129.90,\"order\":\"4711\"}", "{\"order\":\"\\u0034711\",\"amount\":1299e-1}")) {
            var body = "{\"fence\":%d,\"slot\":\"refund\",\"action\":\"a\",\"title\":\"t\",\"args\":%s}"
                    .formatted(owner.fence(), args);
            var same = api.post("/api/v1/runs/" + owner.runId() + "/approvals", body)
                    .expect(200);
            assertThat(same.json()).isEqualTo(api.approval(approved));
        }
        assertThat(tenant.everything()).isEqualTo(before);

        var denied = idOf(api.ask(owner, Map.of("slot", "other")));
        api.decide(denied, false).expect(200);
        owner = api.claimOne("next", "same");
        assertThat(idOf(api.ask(owner, Map.of("slot", "other")).expect(200))).isEqualTo(denied);
        assertThat(idOf(api.ask(owner, Map.of()).expect(200))).isEqualTo(approved);
        api.complete(owner).expect(200);
    }

    @Test
    void F8_otherArgsOrAnotherSlotAreANewQuestionWithNoInheritedDecision() {
        var owner = tenant.claimed("new");
        var first = idOf(api.ask(owner, Map.of()));
        api.decide(first, true).expect(200);
        for (var other : List.of(
                Map.of("args", Map.of("order", "4711", "amount", 129.8)),
                Map.of("slot", "second"),
                Map.of("args", Map.of("order", 4711, "amount", 129.9)))) {
            owner = api.claimOne("next", "new");
            var asked = api.ask(owner, other).expect(201).json();
            assertThat(asked.path("id").asText()).isNotEqualTo(first);
            assertThat(asked.path("status").asText()).isEqualTo("pending");
            assertThat(asked.path("decisions")).isEmpty();
            assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("suspended");
            assertThat(api.claim("nobody", "new", 1).json().path("claims")).isEmpty();
            api.decide(asked.path("id").asText(), true).expect(200);
        }
    }

    @Test
    void F8_whatFailedTheRunIsAskedAnewOnceItIsResumed() {
        for (var how : List.of("denied", "expired")) {
            var lane = "failed-by-" + how;
            var owner = tenant.claimed(lane);
            var first = idOf(api.ask(owner, Map.of("onDeny", "fail")));
            if (how.equals("denied")) {
                api.decide(first, false).expect(200);
            } else {
                due(first);
                tenant.sweep(Map.of("phases", List.of("approvals")));
            }
            assertThat(tenant.run(owner.runId()).path("state").asText()).isEqualTo("failed");
            api.post("/api/v1/runs/" + owner.runId() + "/resume", Map.of()).expect(200);

            var next = api.claimOne("next", lane);
            assertThat(next.json().has("approval")).isFalse();
            var asked = api.ask(next, Map.of()).expect(201).json();
            assertThat(asked.path("id").asText()).isNotEqualTo(first);
            assertThat(asked.path("decisions")).isEmpty();
        }
    }

    @Test
    void F8_anotherRunsAnswerIsNone() {
        var one = tenant.claimed("apart");
        api.decide(idOf(api.ask(one, Map.of())), true).expect(200);
        api.complete(api.claimOne("next", "apart")).expect(200);

        api.ask(tenant.claimed("apart"), Map.of()).expect(201);
    }

    private void due(String approval) {
        rows.change(
                "update approvals set deadline = statement_timestamp() - interval 'PT1S' where id = ?",
                UUID.fromString(approval));
    }

    private static void assertRefused(Reply reply, String field) {
        assertThat(reply.expect(400, "invalid_request")
                        .json()
                        .at("/violations/0/field")
                        .asText())
                .isEqualTo(field);
    }

    private static Duration timeOf(Reply reply) {
        var asked = reply.expect(201).json();
        return Duration.between(instant(asked, "requestedAt"), instant(asked, "deadline"));
    }

    private static Instant instant(JsonNode node, String member) {
        return Instant.parse(node.path(member).asText());
    }

    private static JsonNode last(List<JsonNode> events) {
        return events.get(events.size() - 1);
    }

    static String idOf(Reply reply) {
        return reply.json().path("id").asText();
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
