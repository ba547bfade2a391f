package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Run keys: of one claim of one run, and as long as it. */
class RunKeysIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api one = tenant.api();
    private final Api two = tenant.at(Cluster.node(2));

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void H2_twoRunsOfOneAgentHaveEachTheirKeyAndTheEndOfOneLeavesTheOther() {
        var a = claimed("two-runs");
        var b = claimed("two-runs");
        assertThat(a.runKey()).isNotEqualTo(b.runKey());
        withKeyOf(a, one).beat(a).expect(200);
        withKeyOf(b, one).beat(b).expect(200);

        withKeyOf(b, one).complete(b).expect(200);

        withKeyOf(b, two).beat(b).expect(401, "key_revoked");
        withKeyOf(a, two).beat(a).expect(200);
        withKeyOf(a, two).run(a.runId());
        withKeyOf(a, two).complete(a).expect(200);
    }

    @Test
    void H3_aRunCancelledOnOneNodeEndsItsKeyOnTheOtherAtOnce() {
        var other = claimed("cancelled-key");
        for (int round = 0; round < 10; round++) {
            var claim = claimed("cancelled-key");
            withKeyOf(claim, two).beat(claim).expect(200);

            one.post("/api/v1/runs/" + claim.runId() + "/cancel", Map.of()).expect(200);

            withKeyOf(claim, two).beat(claim).expect(401, "key_revoked");
            withKeyOf(other, two).beat(other).expect(200);
        }
    }

    @Test
    void H4_anotherClaimEndsOnlyThatRunsFormerKey() {
        var neighbour = claimed("claimed-again");
        var first = claimed("claimed-again");
        one.asOwner(first, "release", Map.of()).expect(200);
        var second = two.claimOne("other-worker", "claimed-again");
        assertThat(second.runId()).isEqualTo(first.runId());
        assertThat(second.runKey()).isNotEqualTo(first.runKey());

        for (var node : List.of(one, two)) {
            assertDead(withKeyOf(first, node), first, "released");
            withKeyOf(second, node).beat(second).expect(200);
            withKeyOf(neighbour, node).beat(neighbour).expect(200);
        }
        withKeyOf(second, one).complete(second).expect(200);
        assertDead(withKeyOf(first, two), first, "released");
        assertDead(withKeyOf(second, two), second, "run_completed");
    }

    @ParameterizedTest
    @CsvSource({
        "complete, run_completed",
        "fail, run_failed",
        "retry, retried",
        "release, released",
        "sleep, suspended",
        "ask, suspended",
        "cancel, run_cancelled",
        "pause, paused"
    })
    void H7_theKeyIsDeadFromTheFirstRequestAfterTheEndOfItsClaim(String ending, String because) {
        for (int round = 0; round < 3; round++) {
            var claim = claimed("ended-by-" + ending);
            var its = withKeyOf(claim, one);
            if (round > 0) {
                its.beat(claim).expect(200);
            }
            end(claim, its, ending);

            assertDead(withKeyOf(claim, two), claim, because);
            assertDead(its, claim, because);
            its.complete(claim).expect(401, "key_revoked");
            if (ending.equals("release") || ending.equals("retry")) {
                one.post("/api/v1/runs/" + claim.runId() + "/cancel", Map.of()).expect(200);
                assertDead(its, claim, because);
            }
        }
    }

    @Test
    void H8_aRunKeyReadsAndWritesItsOwnRun() {
        var own = claimed("own-run-only");
        var its = withKeyOf(own, two);
        assertThat(its.run(own.runId()).path("id").asText()).isEqualTo(own.runId());
        its.get("/api/v1/runs/" + own.runId() + "/events").expect(200);
        its.asOwner(own, "events", Map.of("events", List.of(Map.of("type", "step"))))
                .expect(201);
        var beats = Map.of("beats", List.of(Map.of("runId", own.runId(), "fence", own.fence())));
        assertThat(its.post("/api/v1/heartbeats", beats)
                        .expect(200)
                        .json()
                        .path("items")
                        .path(0)
                        .path("continue")
                        .asBoolean())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "/",
                "a/b",
                "a:b",
                "user:realm/x",
                "'",
                "\"",
                "\\",
                "a,b",
                "cn=a,o=b",
                "{\"a\":1}",
                "${a}",
                "%s",
                "*",
                "\u2028",
                "\uFEFF",
                "é",
                "😀",
                "../..",
                "null",
                "\u202Ea",
                "x\uFFFF",
                "worker@host#1"
            })
    void H8_aWorkerOrAKeyOfAnyNameIsLetIn(String name) {
        one.submit("any-name");
        var claim = one.claimOne(name, "any-name");
        withKeyOf(claim, one).beat(claim).expect(200);
        withKeyOf(claim, one).complete(claim).expect(200);

        var key = one.post("/api/v1/keys", Map.of("name", name, "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        one.withKey(key.path("key").asText()).get("/api/v1/runs?limit=1").expect(200);
    }

    @Test
    void H8_aRunKeyOfAnEarlierClaimIsNoneOfTheNext() {
        var first = claimed("fence-of-key");
        one.asOwner(first, "release", Map.of()).expect(200);
        var second = one.claimOne("next", "fence-of-key");
        var before = rows.everythingOf(tenant.id());

        withKeyOf(first, one).beat(second).expect(401, "key_revoked");
        withKeyOf(first, one).complete(second).expect(401, "key_revoked");

        assertThat(rows.everythingOf(tenant.id())).isEqualTo(before);
    }

    @Test
    void H9_ifTheKeyCannotBeStoredThereIsNoClaim() {
        var run = one.submit("key-not-stored");
        rows.execute("""
                create function refuse_lease() returns trigger language plpgsql as
                $$ begin raise exception 'refused by a test'; end $$;
                create trigger refuse_lease before insert on leases
                for each row when (new.lane = 'key-not-stored') execute function refuse_lease()""");
        try {
            var before = rows.everythingOf(tenant.id());
            one.claim("worker", "key-not-stored", 1).expect(500, "internal_error");
            two.claim("worker", "key-not-stored", 10).expect(500, "internal_error");
            assertThat(rows.everythingOf(tenant.id())).isEqualTo(before);
            assertThat(one.run(run.path("id").asText())).isEqualTo(run);
        } finally {
            rows.execute("drop trigger refuse_lease on leases; drop function refuse_lease()");
        }

        var claim = two.claimOne("worker", "key-not-stored");
        assertThat(claim.fence()).isEqualTo(1);
        withKeyOf(claim, one).beat(claim).expect(200);
    }

    @Test
    void H6_aKeyLivesOnWithItsRunsHeartbeatsAndDiesOfSilence() {
        var claim = claimed("sliding");
        var its = withKeyOf(claim, one);
        for (int beat = 0; beat < 3; beat++) {
            keyExpiresIn(claim, "1 minute");
            var reply = its.beat(claim).expect(200).json();
            assertThat(Duration.between(
                            now(), Instant.parse(reply.path("runKeyExpiresAt").asText())))
                    .isBetween(Duration.ofMinutes(119), Duration.ofMinutes(120));
        }

        keyExpiresIn(claim, "0");

        for (var node : List.of(one, two)) {
            withKeyOf(claim, node).beat(claim).expect(401, "key_expired");
            withKeyOf(claim, node).complete(claim).expect(401, "key_expired");
            withKeyOf(claim, node).get("/api/v1/runs/" + claim.runId()).expect(401, "key_expired");
        }
        assertThat(one.run(claim.runId()).path("state").asText())
                .as("the run itself is not touched by its key's end")
                .isEqualTo("running");
        one.complete(claim).expect(200);
    }

    @Test
    void H6_noHeartbeatCarriesAKeyOverItsHardCap() {
        var claim = claimed("capped");
        rows.change(
                "update leases set key_dies_at = now() + interval '30 minutes', key_expires_at = now() + interval '1 minute'"
                        + " where run_id = ?",
                UUID.fromString(claim.runId()));

        var expires = withKeyOf(claim, one)
                .beat(claim)
                .expect(200)
                .json()
                .path("runKeyExpiresAt")
                .asText();

        assertThat(Duration.between(now(), Instant.parse(expires)))
                .isBetween(Duration.ofMinutes(29), Duration.ofMinutes(30));
        rows.change(
                "update leases set key_dies_at = now(), key_expires_at = now() where run_id = ?",
                UUID.fromString(claim.runId()));
        withKeyOf(claim, two).beat(claim).expect(401, "key_expired");
        one.beat(claim).expect(200);
        withKeyOf(claim, two).beat(claim).expect(401, "key_expired");
    }

    private static Api withKeyOf(Claimed claim, Api node) {
        return node.withKey(claim.runKey());
    }

    private static void assertDead(Api withItsKey, Claimed claim, String because) {
        var refusal = withItsKey.get("/api/v1/runs/" + claim.runId()).expect(401, "key_revoked");
        assertThat(refusal.json().path("because").asText()).isEqualTo(because);
        withItsKey.beat(claim).expect(401, "key_revoked");
    }

    private Claimed claimed(String lane) {
        one.submit(lane);
        return one.claimOne("agent", lane);
    }

    private void end(Claimed claim, Api its, String ending) {
        var failure = Map.of("code", "broken", "message", "by a test");
        switch (ending) {
            case "complete" -> its.complete(claim).expect(200);
            case "fail" ->
                its.asOwner(claim, "fail", Map.of("failure", failure, "retryable", false))
                        .expect(200);
            case "retry" ->
                its.asOwner(claim, "fail", Map.of("failure", failure, "retryAfter", "PT1H"))
                        .expect(200);
            case "ask" -> its.ask(claim, Map.of()).expect(201);
            case "release" -> its.asOwner(claim, "release", Map.of()).expect(200);
            case "sleep" ->
                its.asOwner(
                                claim,
                                "sleep",
                                Map.of(
                                        "until",
                                        Instant.now().plus(Duration.ofDays(1)).toString()))
                        .expect(200);
            case "cancel", "pause" ->
                one.post("/api/v1/runs/" + claim.runId() + "/" + ending, Map.of())
                        .expect(200);
            default -> throw new IllegalArgumentException(ending);
        }
    }

    private Instant now() {
        return ((java.sql.Timestamp) rows.one("select clock_timestamp() as now").get("now")).toInstant();
    }

    private void keyExpiresIn(Claimed claim, String time) {
        rows.change(
                "update leases set key_expires_at = now() + cast(? as interval) where run_id = ?",
                time,
                UUID.fromString(claim.runId()));
    }
}
