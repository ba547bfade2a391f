package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was approved is what is done, once, by the one who owns the run. */
class RedeemIT {
    private static final Map<String, ?> ARGS = Map.of("order", "4711", "amount", 129.9);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void F7_theSameArgsOnce() {
        var owner = approved("once", Map.of());
        var approval = owner.json().at("/approval/id").asText();
        var version = tenant.run(owner.runId()).path("version");

        var redeemed =
                redeem(api.withKey(owner.runKey()), approval, owner, ARGS).expect(200);

        assertThat(redeemed.json().has("redeemedAt")).isTrue();
        assertThat(redeemed.json()).isEqualTo(api.approval(approval));
        assertThat(redeemed.header("ETag")).isEqualTo("\"3\"");
        assertThat(tenant.run(owner.runId()).path("version")).as("no move").isEqualTo(version);
        var events = tenant.events(owner.runId());
        var event = events.get(events.size() - 1);
        assertThat(event.path("type").asText()).isEqualTo("redeemed");
        assertThat(event.has("to")).isFalse();
        assertThat(event.at("/actor/kind").asText()).isEqualTo("worker");
        assertThat(event.at("/data/approvalId").asText()).isEqualTo(approval);
        assertThat(event.path("fence").asLong()).isEqualTo(owner.fence());

        var before = tenant.everything();
        var again = redeem(api, approval, owner, ARGS).expect(409, "approval_redeemed");
        assertThat(again.json().path("redeemedAt")).isEqualTo(redeemed.json().path("redeemedAt"));
        assertThat(tenant.everything()).isEqualTo(before);
        assertThat(api.ask(owner, Map.of()).expect(200).json().has("redeemedAt"))
                .isTrue();
    }

    @Test
    void F7_oneByteChangedIsAnotherThing() {
        var owner = approved("changed", Map.of());
        var approval = owner.json().at("/approval/id").asText();
        var before = tenant.everything();

        for (var other : List.of(
                "{\"order\":\"4712\",\"amount\":129.9}",
                "{\"order\":\"4711\",\"amount\":129.91}",
                "{\"order\":4711,\"amount\":129.9}",
                "{\"order\":\"4711\",\"amount\":129.9,\"x\":null}",
                "{\"Order\":\"4711\",\"amount\":129.9}",
                "null",
                "[]")) {
            var body = "{\"fence\":" + owner.fence() + ",\"args\":" + other + "}";
            var refused =
                    api.post("/api/v1/approvals/" + approval + "/redeem", body).expect(409, "approval_mismatch");
            assertThat(refused.json().path("argsDigest"))
                    .isEqualTo(api.approval(approval).path("argsDigest"));
        }
        redeem(api, approval, owner, null).expect(409, "approval_mismatch");

        assertThat(tenant.everything()).isEqualTo(before);
        var otherwiseWritten =
                "{\"fence\":" + owner.fence() + ",\"args\":{\"amount\":1.2990E2,\"order\":\"\\u0034711\"}}";
        api.post("/api/v1/approvals/" + approval + "/redeem", otherwiseWritten).expect(200);
    }

    /** To the digest, which knows doubles only, the first is the amount that was approved. */
    @Test
    void F7_aNumberThatTheDigestCannotTellFromAnotherRedeemsNothing() {
        var owner = approved("doubles", Map.of("args", 9007199254740992L));
        var approval = owner.json().at("/approval/id").asText();
        for (var other : List.of("9007199254740993", "1e399", "[-1e309]", "1e-399")) {
            var body = "{\"fence\":" + owner.fence() + ",\"args\":" + other + "}";
            var refused =
                    api.post("/api/v1/approvals/" + approval + "/redeem", body).expect(400, "invalid_request");
            assertThat(refused.json().at("/violations/0/field").asText()).isEqualTo("args");
        }
        redeem(api, approval, owner, 9007199254740992L).expect(200);
    }

    @Test
    void F7_anOldFenceRedeemsNothing() {
        var former = approved("fenced", Map.of());
        var approval = former.json().at("/approval/id").asText();
        api.asOwner(former, "release", Map.of()).expect(200);
        var owner = api.claimOne("next", "fenced");
        var before = tenant.everything();

        var refused = redeem(api, approval, former, ARGS).expect(409, "lease_lost");
        assertThat(refused.json().path("lostBecause").asText()).isEqualTo("released");
        redeem(api.withKey(former.runKey()), approval, former, ARGS).expect(401, "key_revoked");
        redeem(api, approval, owner.withFence(owner.fence() + 1), ARGS).expect(409, "lease_lost");

        assertThat(tenant.everything()).isEqualTo(before);
        redeem(api, approval, owner, ARGS).expect(200);
    }

    @Test
    void F7_whatTheFormerOwnerRedeemedIsNotRedeemedByTheNext() {
        var former = approved("passed-on", Map.of());
        var approval = former.json().at("/approval/id").asText();
        redeem(api, approval, former, ARGS).expect(200);
        api.asOwner(former, "release", Map.of()).expect(200);

        var owner = api.claimOne("next", "passed-on");

        assertThat(owner.json().at("/approval/redeemedAt").isTextual()).isTrue();
        redeem(api, approval, owner, ARGS).expect(409, "approval_redeemed");
    }

    @Test
    void F7_ofTwentyAtOnceOneRedeems() {
        for (int round = 0; round < 10; round++) {
            var owner = approved("at-once", Map.of("slot", "round-" + round));
            var approval = owner.json().at("/approval/id").asText();
            var replies = Api.inParallel(20, i -> redeem(api, approval, owner, ARGS));
            assertThat(replies).filteredOn(reply -> reply.status() == 200).hasSize(1);
            assertThat(replies)
                    .filteredOn(reply -> reply.status() != 200)
                    .extracting(Reply::code)
                    .containsOnly("approval_redeemed");
            assertThat(tenant.events(owner.runId()).stream()
                            .filter(event -> event.path("type").asText().equals("redeemed")))
                    .hasSize(1);
            api.complete(owner).expect(200);
        }
    }

    @Test
    void F7_againstTheEndOfTheClaimItIsBeforeOrNotAtAll() {
        for (var first : List.of("complete", "redeem")) {
            var owner = approved("ending", Map.of("slot", first));
            var approval = owner.json().at("/approval/id").asText();
            var held = HeldLock.by(rows, "select run_id from leases where run_id = ? for update", id(owner));
            var replies = held.inOrder(
                    () -> first.equals("redeem") ? redeem(api, approval, owner, ARGS) : api.complete(owner),
                    () -> first.equals("redeem") ? api.complete(owner) : redeem(api, approval, owner, ARGS));

            replies.get(0).expect(200);
            if (first.equals("redeem")) {
                replies.get(1).expect(200);
            } else {
                replies.get(1).expect(409, "lease_lost");
                assertThat(api.approval(approval).has("redeemedAt")).isFalse();
            }
        }
    }

    @Test
    void F7_whatWasNotApprovedCannotBeRedeemed() {
        var asker = tenant.claimed("not-approved");
        var denied = AskIT.idOf(api.ask(asker, Map.of()));
        redeem(api, denied, asker, ARGS).expect(409, "lease_lost");
        api.decide(denied, false).expect(200);
        var owner = api.claimOne("next", "not-approved");
        var before = tenant.everything();

        var refused = redeem(api, denied, owner, ARGS).expect(409, "approval_not_approved");

        assertThat(refused.json().path("currentStatus").asText()).isEqualTo("denied");
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void F7_whatTheDeadlineApprovedCanBeRedeemedAndWhatItDeniedCannot() {
        for (var onExpiry : List.of("approve", "deny")) {
            var lane = "expired-" + onExpiry;
            var asker = tenant.claimed(lane);
            var approval = AskIT.idOf(api.ask(asker, Map.of("onExpiry", onExpiry)));
            rows.change("update approvals set deadline = statement_timestamp() where id = cast(? as uuid)", approval);
            tenant.sweep(Map.of("phases", List.of("approvals")));

            var owner = api.claimOne("next", lane);

            assertThat(owner.json().at("/approval/status").asText()).isEqualTo("expired");
            var reply = redeem(api, approval, owner, ARGS);
            if (onExpiry.equals("approve")) {
                reply.expect(200);
                redeem(api, approval, owner, ARGS).expect(409, "approval_redeemed");
            } else {
                reply.expect(409, "approval_not_approved");
            }
        }
    }

    @Test
    void F7_anotherRunsApprovalIsNone() {
        var owner = approved("mine", Map.of());
        var other = approved("theirs", Map.of());
        var approval = other.json().at("/approval/id").asText();
        var before = tenant.everything();

        redeem(api.withKey(owner.runKey()), approval, owner, ARGS).expect(404, "not_found");
        redeem(api, approval, owner.withFence(other.fence() + 1), ARGS).expect(409, "lease_lost");
        redeem(api, UUID.randomUUID().toString(), owner, ARGS).expect(404, "not_found");

        assertThat(tenant.everything()).isEqualTo(before);
    }

    private static Reply redeem(Api caller, String approval, Claimed owner, Object args) {
        var body = new LinkedHashMap<String, Object>();
        body.put("fence", owner.fence());
        body.put("args", args);
        return caller.post("/api/v1/approvals/" + approval + "/redeem", body);
    }

    /** A run that asked and was approved, in its next owner's hands. */
    private Claimed approved(String lane, Map<String, ?> members) {
        var asker = tenant.claimed(lane);
        api.decide(AskIT.idOf(api.ask(asker, members).expect(201)), true).expect(200);
        return api.claimOne("next", lane);
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
