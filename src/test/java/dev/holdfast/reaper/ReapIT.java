package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a run whose owner is dead, of its key and its subject, and what the owner is told that was not dead. */
class ReapIT {
    private static final Duration DEAD = Duration.ofHours(3);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void B2_theHeartbeatOfAReapedOwnerIsToldWhatItLostTheRunBy() {
        tenant.lane("lost", Map.of("heartbeat", "required"));
        var claim = dead("lost");
        var sweep = tenant.sweepLeases();

        var reply = tenant.api().beat(claim).expect(409, "lease_lost").json();

        assertThat(reply.path("lostBecause").asText()).isEqualTo("reaped");
        assertThat(reply.path("lostAt")).isEqualTo(sweep.at("/verdicts/0/at"));
        assertThat(reply.path("yours").asLong()).isEqualTo(claim.fence());
        assertThat(reply.path("current").asLong()).isEqualTo(claim.fence() + 1);
        assertThat(reply.path("state").asText()).isEqualTo("queued");
    }

    @Test
    void B3_aCompletionAfterTheReapIsRefusedAndChangesNothing() {
        tenant.lane("requeued", Map.of("heartbeat", "required"));
        tenant.lane("failed", Map.of("heartbeat", "required", "onLost", "fail"));
        for (var lane : List.of("requeued", "failed")) {
            var claim = dead(lane);
            assertThat(tenant.sweepLeases().path("cleanedUp").asInt()).isEqualTo(1);
            var before = rows.everythingOf(claim.runId());

            var reply = tenant.api()
                    .asOwner(claim, "complete", Map.of("result", Map.of("late", true)))
                    .expect(409, "lease_lost");

            assertThat(reply.json().path("lostBecause").asText()).isEqualTo("reaped");
            tenant.api().fail(claim, "late").expect(409, "lease_lost");
            tenant.api().asOwner(claim, "release", Map.of()).expect(409, "lease_lost");
            assertThat(rows.everythingOf(claim.runId())).isEqualTo(before);
        }
    }

    @Test
    void H7_C20_theRunsKeyIsDeadFromTheFirstRequestAfterTheReapAndSaysWhy() {
        tenant.lane("keys", Map.of("heartbeat", "required"));
        var claim = dead("keys");
        var other = tenant.beating("keys");
        var owner = tenant.api().withKey(claim.runKey());
        owner.get("/api/v1/runs/" + claim.runId()).expect(200);

        tenant.sweepLeases();

        for (var path : List.of("/api/v1/runs/" + claim.runId(), "/api/v1/runs/" + claim.runId() + "/events")) {
            var refused = owner.get(path).expect(401, "key_revoked").json();
            assertThat(refused.path("because").asText()).isEqualTo("reaped");
        }
        owner.beat(claim).expect(401, "key_revoked");
        tenant.api().withKey(other.runKey()).beat(other).expect(200);
    }

    @Test
    void C20_theSubjectOfARunThatTheReapHasFailedIsFree() {
        tenant.lane("subjects", Map.of("heartbeat", "required", "onLost", "fail"));
        var subject = Map.of("subject", "account-17");
        var claim = shifted(tenant.claimed("subjects", subject));
        tenant.api()
                .post("/api/v1/runs", Map.of("lane", "subjects", "subject", "account-17"))
                .expect(409, "subject_active");

        tenant.sweepLeases();

        assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("failed");
        tenant.api().submit("subjects", subject);
    }

    @Test
    void C20_aRequeuedRunKeepsItsSubjectAndItsNextOwnerGetsItsCheckpoint() {
        tenant.lane(
                "kept", Map.of("heartbeat", "required", "backoff", Map.of("initial", "PT0.001S", "max", "PT0.001S")));
        var claim = tenant.claimed("kept", Map.of("subject", "account-18"));
        tenant.api()
                .asOwner(claim, "heartbeat", Map.of("checkpoint", Map.of("page", 7)))
                .expect(200);
        shifted(claim);

        tenant.sweepLeases();

        var refused = tenant.api()
                .post("/api/v1/runs", Map.of("lane", "kept", "subject", "account-18"))
                .expect(409, "subject_active");
        assertThat(refused.json().path("activeRunId").asText()).isEqualTo(claim.runId());
        var next = tenant.api().claimOne("worker-2", "kept");
        assertThat(next.runId()).isEqualTo(claim.runId());
        assertThat(next.fence()).isEqualTo(claim.fence() + 2);
        assertThat(next.json().at("/checkpoint/page").asInt()).isEqualTo(7);
    }

    @Test
    void C13_aLostRunIsRequeuedInOneTransactionWithFenceBackoffEventAndVerdict() {
        tenant.lane(
                "requeue",
                Map.of("heartbeat", "required", "backoff", Map.of("initial", "PT10S", "factor", 2, "max", "PT1M")));
        var claim = dead("requeue");
        var before = tenant.run(claim.runId());

        var sweep = tenant.sweepLeases();

        var run = tenant.run(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("queued");
        assertThat(run.path("fence").asLong()).isEqualTo(claim.fence() + 1);
        assertThat(run.path("lost").asInt()).isEqualTo(1);
        assertThat(run.path("failures").asInt()).isZero();
        assertThat(run.path("attempt").asInt()).isEqualTo(1);
        assertThat(run.path("lastHeartbeatAt")).isEqualTo(before.path("lastHeartbeatAt"));
        assertThat(run.has("workerId")).isFalse();
        assertThat(run.has("failure")).isFalse();
        var at = Instant.parse(sweep.at("/verdicts/0/at").asText());
        assertThat(Instant.parse(run.path("availableAt").asText())).isBetween(at, at.plusSeconds(10));
        var events = tenant.events(claim.runId());
        var event = events.get(events.size() - 1);
        assertThat(event.path("type").asText()).isEqualTo("reaped");
        assertThat(event.path("from").asText()).isEqualTo("running");
        assertThat(event.path("to").asText()).isEqualTo("queued");
        assertThat(event.path("fence").asLong()).isEqualTo(claim.fence() + 1);
        assertThat(event.path("reason").asText()).isEqualTo("worker_heartbeat_lost");
        assertThat(event.at("/actor/kind").asText()).isEqualTo("reaper");
        assertThat(event.at("/actor/id").asText()).isEqualTo(node.server().name());
        assertThat(event.at("/data/sweepId")).isEqualTo(sweep.path("sweepId"));
        assertThat(leases(claim)).isZero();
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ?
                            union all select xmin from events where run_id = ? and type = 'reaped'
                            union all select xmin from verdicts where run_id = ?) t""", id(claim), id(claim), id(claim))).isEqualTo(1);
    }

    @Test
    void C13_theBackoffGrowsWithTheLossesUpToItsBound() {
        tenant.lane(
                "backoff",
                Map.of(
                        "heartbeat",
                        "required",
                        "maxLost",
                        1000,
                        "backoff",
                        Map.of("initial", "PT10S", "factor", 2, "max", "PT1M")));
        var claims = tenant.manyClaimedAgo("backoff", 200, DEAD);
        rows.change("update runs set lost = abs(hashtext(cast(id as text))) % 5 where tenant_id = ?", tenant.id());

        tenant.sweepLeases();

        var waits = rows.all("""
                select r.lost, count(*) as runs, min(r.available_at - v.at) >= 'PT0S' as never_early,
                       max(r.available_at - v.at) <= least(interval 'PT1M', interval 'PT10S' * power(2, r.lost - 1)) as in_bounds,
                       max(r.available_at - v.at) > 0.5 * least(interval 'PT1M', interval 'PT10S' * power(2, r.lost - 1)) as spread
                from runs r join verdicts v on v.run_id = r.id
                where r.tenant_id = ? group by r.lost order by r.lost""", tenant.id());
        assertThat(waits).extracting("lost").containsExactly(1, 2, 3, 4, 5);
        assertThat(waits).allSatisfy(row -> assertThat(row)
                .containsEntry("never_early", true)
                .containsEntry("in_bounds", true)
                .containsEntry("spread", true));
        assertThat(claims).hasSize(200);
    }

    @Test
    void C13_theLossAfterTheLastForgivenOneFailsTheRun() {
        tenant.lane("budget", Map.of("heartbeat", "required", "maxLost", 1, "backoff", NO_WAIT));
        var claim = dead("budget");
        tenant.sweepLeases();
        assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("queued");

        var again = shifted(tenant.beaten(tenant.api().claimOne("worker-2", "budget")));
        var verdict = tenant.sweepLeases().at("/verdicts/0");

        var run = tenant.run(again.runId());
        assertThat(run.path("id").asText()).isEqualTo(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo("lost_too_often");
        assertThat(run.at("/failure/category").asText()).isEqualTo("infrastructure");
        assertThat(run.path("lost").asInt()).isEqualTo(2);
        assertThat(verdict.path("rule").asText()).isEqualTo("worker_heartbeat_lost");
        assertThat(verdict.path("outcome").asText()).isEqualTo("failed");
    }

    @Test
    void C13_whereLossesFailTheFirstOneDoesAndTheMessageSaysWhatWasHeardLast() {
        tenant.lane("fails", Map.of("heartbeat", "optional", "onLost", "fail", "maxLost", 3));
        var silent = dead("fails");
        var neverBeat = tenant.claimedAgo(tenant.claimed("fails"), DEAD);

        assertThat(tenant.sweepLeases().path("cleanedUp").asInt()).isEqualTo(2);

        var lost = tenant.run(silent.runId());
        assertThat(lost.path("state").asText()).isEqualTo("failed");
        assertThat(lost.path("workerId").asText()).isEqualTo("worker-of-fails");
        assertThat(lost.at("/failure/code").asText()).isEqualTo("worker_heartbeat_lost");
        assertThat(lost.at("/failure/message").asText()).contains("worker-of-fails", "last heard of", "PT120S");
        var expired = tenant.run(neverBeat.runId());
        assertThat(expired.at("/failure/code").asText()).isEqualTo("claim_expired");
        assertThat(expired.at("/failure/message").asText())
                .contains("worker-of-fails", "PT7200S")
                .doesNotContain("last heard of");
    }

    @Test
    void C13_workAttemptsAndLossesAreCountedApart() {
        tenant.lane("apart", Map.of("heartbeat", "required", "maxAttempts", 2, "maxLost", 2, "backoff", NO_WAIT));
        var run = dead("apart").runId();
        tenant.sweepLeases();
        tenant.api().fail(tenant.api().claimOne("worker-2", "apart"), "broken").expect(200);
        shifted(tenant.api().claimOne("worker-3", "apart"));
        tenant.sweepLeases();

        var counted = tenant.run(run);
        assertThat(counted.path("state").asText()).isEqualTo("queued");
        assertThat(counted.path("attempt").asInt()).isEqualTo(3);
        assertThat(counted.path("lost").asInt()).isEqualTo(2);
        assertThat(counted.path("failures").asInt()).isEqualTo(1);

        tenant.api().fail(tenant.api().claimOne("worker-4", "apart"), "broken").expect(200);
        assertThat(tenant.run(run).at("/failure/code").asText()).isEqualTo("broken");
    }

    @Test
    void C14_aCutoffOfTenMinutesSparesFiveAndFailsThirty() {
        tenant.lane("cutoff", Map.of("heartbeat", "none", "claimTimeout", "P1D", "onLost", "fail"));
        var young = tenant.claimedAgo(tenant.claimed("cutoff"), Duration.ofMinutes(5));
        var old = tenant.claimedAgo(tenant.claimed("cutoff"), Duration.ofMinutes(30));
        var before = rows.everythingOf(young.runId());

        var sweep = tenant.sweep(Map.of("cutoff", "PT10M"));

        assertThat(sweep.path("phases").fieldNames()).toIterable().containsExactly("leases");
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(1);
        assertThat(rows.everythingOf(young.runId())).isEqualTo(before);
        var run = tenant.run(old.runId());
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo("orphaned");
        assertThat(sweep.at("/verdicts/0/rule").asText()).isEqualTo("orphaned");
        assertThat(sweep.at("/verdicts/0/evidence/cutoff").asText()).isEqualTo("PT600S");
    }

    @Test
    void C14_aCutoffOfZeroTakesAllInFlightAndThenNothingIsLeftToTake() {
        for (var heartbeat : List.of("required", "optional", "none")) {
            tenant.lane(heartbeat, Map.of("heartbeat", heartbeat, "onLost", "fail"));
            tenant.claimed(heartbeat);
            tenant.beating(heartbeat);
        }
        var queued = tenant.api().submit("required").path("id").asText();

        var all = tenant.sweep(Map.of("cutoff", "PT0S"));
        assertThat(all.path("cleanedUp").asInt()).isEqualTo(6);
        assertThat(all.path("total").asInt()).isEqualTo(6);
        assertThat(rows.count("select count(*) from leases where tenant_id = ?", tenant.id()))
                .isZero();
        assertThat(tenant.run(queued).path("state").asText()).isEqualTo("queued");

        var none = tenant.sweep(Map.of("cutoff", "PT0S"));
        assertThat(none.path("cleanedUp").asInt()).isZero();
        assertThat(none.path("failed").asInt()).isZero();
        assertThat(none.path("total").asInt()).isZero();
        assertThat(none.path("phases").path("leases").path("cleanedUp").asInt()).isZero();
        assertThat(none.path("verdicts")).isEmpty();
        assertThat(List.copyOf(fields(none))).isEqualTo(List.copyOf(fields(all)));
    }

    @Test
    void C14_aBadSweepIsRefusedAndChangesNothing() {
        tenant.lane("bad", Map.of("heartbeat", "required"));
        var claim = dead("bad");
        var before = tenant.everything();
        for (var order : List.<Map<String, ?>>of(
                Map.of("cutoff", "-PT1S"),
                Map.of("cutoff", 10),
                Map.of("phases", List.of("leases", "everything")),
                Map.of("phases", List.of()),
                Map.of("dryRun", "yes"),
                Map.of("cutof", "PT0S"))) {
            tenant.api().post("/api/v1/sweeps", order).expect(400, "invalid_request");
        }
        tenant.api().get("/api/v1/sweeps").expect(200);
        tenant.api().withKey(claim.runKey()).post("/api/v1/sweeps", Map.of()).expect(403);
        tenant.api().withoutKey().post("/api/v1/sweeps", Map.of()).expect(401);
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void H11_theSweepMarksExpiredUnrevokedKeysOnlyAndCountsThem() {
        tenant.lane("of-keys", Map.of("heartbeat", "none"));
        var now = "statement_timestamp()";
        var expired = key("expired", now + " - interval 'PT1S'", "null");
        var expiredAndRevoked = key("expired and revoked", now + " - interval 'P1D'", now + " - interval 'P2D'");
        var later = key("later", now + " + interval 'PT1H'", "null");
        var forEver = key("for ever", "null", "null");
        var idle = tenant.claimed("of-keys");
        rows.change(
                "update leases set key_expires_at = statement_timestamp() - interval 'PT1S' where run_id = ?",
                id(idle));
        var fresh = tenant.claimed("of-keys");

        var sweep = tenant.sweep(Map.of("phases", List.of("keys")));

        assertThat(sweep.at("/phases/keys/cleanedUp").asInt()).isEqualTo(2);
        assertThat(sweep.path("total").asInt()).isEqualTo(2);
        assertThat(sweep.path("verdicts").findValuesAsText("keyId"))
                .containsExactlyInAnyOrder(expired.toString(), idle.runId());
        assertThat(rows.all(
                        "select id from api_keys where found_expired_at is not null and tenant_id = ?", tenant.id()))
                .extracting(row -> row.get("id"))
                .containsExactly(expired)
                .doesNotContain(expiredAndRevoked, later, forEver);
        assertThat(rows.all(
                        "select run_id from leases where key_found_expired_at is not null and tenant_id = ?",
                        tenant.id()))
                .extracting(row -> row.get("run_id").toString())
                .containsExactly(idle.runId())
                .doesNotContain(fresh.runId());
        tenant.api().withKey(idle.runKey()).beat(idle).expect(401, "key_expired");
        tenant.api().withKey(fresh.runKey()).beat(fresh).expect(200);
        assertThat(tenant.sweep(Map.of("phases", List.of("keys"))).path("total").asInt())
                .isZero();
    }

    private static final Map<String, ?> NO_WAIT = Map.of("initial", "PT0.001S", "max", "PT0.001S");

    private Claimed dead(String lane) {
        return shifted(tenant.beating(lane));
    }

    private Claimed shifted(Claimed claim) {
        return tenant.shifted(claim, DEAD, DEAD.minusSeconds(1));
    }

    private UUID key(String name, String expiresAt, String revokedAt) {
        var id = UUID.randomUUID();
        rows.change("""
                insert into api_keys (tenant_id, id, name, prefix, hash, scopes, expires_at, revoked_at)
                values (?, ?, ?, 'hft_', sha256(uuid_send(?)), '{runs:read}', %s, %s)""".formatted(expiresAt, revokedAt), tenant.id(), id, name, id);
        return id;
    }

    private long leases(Claimed claim) {
        return rows.count("select count(*) from leases where run_id = ?", id(claim));
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }

    private static List<String> fields(JsonNode node) {
        return node.properties().stream().map(Map.Entry::getKey).toList();
    }
}
