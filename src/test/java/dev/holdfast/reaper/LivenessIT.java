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
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is dead, and who is not: the lane's policy, and nothing else. */
class LivenessIT {
    private static final Duration SHORT = Duration.ofMinutes(2);
    private static final Duration LONG = Duration.ofHours(2);
    private static final Duration BEFORE_SHORT = Duration.ofSeconds(30);
    private static final Duration PAST_SHORT = Duration.ofMinutes(3);
    private static final Duration PAST_LONG = Duration.ofHours(3);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void C1_anOwnerHeardOfThirtySecondsAgoIsLeftAlone() {
        for (var heartbeat : new String[] {"required", "optional", "none"}) {
            declare(heartbeat);
            assertSpared(tenant.shifted(tenant.beating(heartbeat), BEFORE_SHORT, BEFORE_SHORT));
        }
    }

    @Test
    void C2_aSilentOwnerIsReapedWhereSilenceCounts() {
        declare("required");
        assertReaped(tenant.shifted(tenant.beating("required"), PAST_LONG, PAST_SHORT), "worker_heartbeat_lost");
        declare("optional");
        assertReaped(tenant.shifted(tenant.beating("optional"), PAST_LONG, PAST_SHORT), "worker_heartbeat_lost");
    }

    @Test
    void C3_anOptionalOwnerThatNeverBeatIsNotJudgedByTheShortClock() {
        declare("optional");
        assertSpared(tenant.claimedAgo(tenant.claimed("optional"), PAST_SHORT));
    }

    @Test
    void C4_anOptionalOwnerThatNeverBeatIsJudgedByTheAgeOfItsClaim() {
        declare("optional");
        assertReaped(tenant.claimedAgo(tenant.claimed("optional"), PAST_LONG), "claim_expired");
    }

    @Test
    void C5_claimedThreeHoursAgoAndBeatenThirtySecondsAgoStays() {
        for (var heartbeat : new String[] {"required", "optional"}) {
            declare(heartbeat);
            assertSpared(tenant.shifted(tenant.beating(heartbeat), PAST_LONG, BEFORE_SHORT));
        }
    }

    @Test
    void C6_aLaneThatDoesNotBeatIsNeverJudgedByTheShortClock() {
        declare("none");
        assertSpared(tenant.claimedAgo(tenant.claimed("none"), PAST_SHORT));
        assertSpared(tenant.shifted(tenant.beating("none"), PAST_SHORT.multipliedBy(2), PAST_SHORT));
        tenant.lane("none-at-last", policy("none"));
        assertReaped(tenant.claimedAgo(tenant.claimed("none-at-last"), PAST_LONG), "claim_expired");
    }

    @Test
    void C6_whereOnlyTheClaimsAgeCountsABeatDoesNotProlongIt() {
        declare("none");
        assertReaped(tenant.shifted(tenant.beating("none"), PAST_LONG, BEFORE_SHORT), "claim_expired");
    }

    @Test
    void C7_aRequiredOwnerThatNeverBeatIsJudgedFromItsClaimOn() {
        declare("required");
        assertSpared(tenant.claimedAgo(tenant.claimed("required"), BEFORE_SHORT));
        tenant.lane("required-and-silent", policy("required"));
        assertReaped(tenant.claimedAgo(tenant.claimed("required-and-silent"), PAST_SHORT), "worker_heartbeat_lost");
    }

    @Test
    void C8_exactlyTheLimitIsStaleAndAMillisecondLessIsNot() {
        declare("required");
        declare("optional");
        declare("none");
        try {
            assertBoundary(tenant.beating("required"), "last_heartbeat_at", SHORT, "worker_heartbeat_lost");
            assertBoundary(tenant.claimed("optional"), "claimed_at", LONG, "claim_expired");
            assertBoundary(tenant.beating("optional"), "last_heartbeat_at", SHORT, "worker_heartbeat_lost");
            assertBoundary(tenant.claimed("none"), "claimed_at", LONG, "claim_expired");
        } finally {
            node.startClock();
        }
    }

    @Test
    void C9_whatHasEndedKeepsEveryColumnHoweverLongAgo() {
        tenant.lane("ended", Map.of("heartbeat", "required", "retention", "P36500D"));
        var completed = tenant.beating("ended");
        tenant.api().complete(completed).expect(200);
        var failed = tenant.claimed("ended");
        tenant.api()
                .asOwner(
                        failed,
                        "fail",
                        Map.of("failure", Map.of("code", "broken", "message", "for good"), "retryable", false))
                .expect(200);
        var cancelled = tenant.beating("ended");
        tenant.api()
                .post("/api/v1/runs/" + cancelled.runId() + "/cancel", Map.of())
                .expect(200);
        rows.change("""
                update runs set submitted_at = timestamptz '1999-12-31Z', available_at = timestamptz '1999-12-31Z',
                    claimed_at = timestamptz '2000-01-01Z', last_heartbeat_at = timestamptz '2000-01-01Z',
                    ended_at = timestamptz '2000-01-02Z'
                where tenant_id = ?""", tenant.id());
        var before = tenant.everythingOfRuns();

        var sweep = tenant.sweep(Map.of());

        assertThat(sweep.path("total").asInt()).isZero();
        rows.change("delete from sweeps where tenant_id = ?", tenant.id());
        assertThat(tenant.everythingOfRuns()).isEqualTo(before);
    }

    @Test
    void C9_aSecondSweepReapsNothingAndChangesNothing() {
        declare("required");
        assertReaped(tenant.shifted(tenant.beating("required"), PAST_LONG, PAST_SHORT), "worker_heartbeat_lost");
        rows.change("delete from sweeps where tenant_id = ?", tenant.id());
        var before = tenant.everythingOfRuns();

        var again = tenant.sweep(Map.of());

        assertThat(again.path("total").asInt()).isZero();
        assertThat(again.path("verdicts")).isEmpty();
        rows.change("delete from sweeps where tenant_id = ?", tenant.id());
        assertThat(tenant.everythingOfRuns()).isEqualTo(before);
    }

    @Test
    void C17_whatIsCancelledSuspendedOrCompletedIsNeverRequeued() {
        declare("required");
        var cancelledWhileDead = tenant.shifted(tenant.beating("required"), PAST_LONG, PAST_LONG);
        tenant.api()
                .post("/api/v1/runs/" + cancelledWhileDead.runId() + "/cancel", Map.of())
                .expect(200);
        var completedLate = tenant.shifted(tenant.beating("required"), PAST_LONG, PAST_LONG);
        tenant.api().complete(completedLate).expect(200);
        var asleep = tenant.shifted(tenant.beating("required"), PAST_LONG, PAST_LONG);
        tenant.api()
                .asOwner(asleep, "sleep", Map.of("until", inAnHour().toString()))
                .expect(200);
        var before = tenant.everythingOfRuns();

        for (var order : new Map<?, ?>[] {Map.of(), Map.of("cutoff", "PT0S")}) {
            var sweep = tenant.api().post("/api/v1/sweeps", order).expect(200).json();
            assertThat(sweep.path("total").asInt()).isZero();
        }

        rows.change("delete from sweeps where tenant_id = ?", tenant.id());
        assertThat(tenant.everythingOfRuns()).isEqualTo(before);
        assertThat(tenant.run(cancelledWhileDead.runId()).path("state").asText())
                .isEqualTo("cancelled");
    }

    @Test
    void C18_whoWaitsForAPersonOrATimeIsJudgedByNoWorkersClock() {
        tenant.lane(
                "patient",
                Map.of("heartbeat", "required", "heartbeatTimeout", "PT1S", "claimTimeout", "PT1S", "onLost", "fail"));
        var asleep = suspended("patient", inAnHour());
        var asking = tenant.claimed("patient");
        tenant.api().ask(asking, Map.of()).expect(201);
        var gated = asking.runId();
        rows.change("""
                update runs set submitted_at = statement_timestamp() - interval 'P30D',
                    last_heartbeat_at = statement_timestamp() - interval 'P30D'
                where tenant_id = ?""", tenant.id());
        var before = everythingOf(asleep, gated);

        assertThat(tenant.sweep(Map.of()).path("total").asInt()).isZero();
        assertThat(tenant.sweep(Map.of("cutoff", "PT0S")).path("total").asInt()).isZero();

        assertThat(everythingOf(asleep, gated)).isEqualTo(before);
        assertThat(tenant.explain(gated).path("because").findValuesAsText("code"))
                .containsExactly("gated");
        assertThat(tenant.explain(asleep).path("because").findValuesAsText("code"))
                .containsExactly("sleeping");
    }

    private List<String> everythingOf(String... runs) {
        return Stream.of(runs).flatMap(run -> rows.everythingOf(run).stream()).toList();
    }

    private String suspended(String lane, Instant until) {
        var claim = tenant.claimed(lane);
        tenant.api().asOwner(claim, "sleep", Map.of("until", until.toString())).expect(200);
        return claim.runId();
    }

    private static Instant inAnHour() {
        return Instant.now().plusSeconds(3600);
    }

    private void declare(String heartbeat) {
        tenant.lane(heartbeat, policy(heartbeat));
    }

    /** Fails what it loses, so that the failure code shows by which rule. */
    private static Map<String, ?> policy(String heartbeat) {
        return Map.of("heartbeat", heartbeat, "onLost", "fail");
    }

    private void assertSpared(Claimed claim) {
        var before = everythingOf(claim.runId());
        assertThat(stale(claim)).isFalse();

        var sweep = tenant.sweepLeases();

        assertThat(sweep.path("total").asInt()).as(sweep.toString()).isZero();
        assertThat(everythingOf(claim.runId())).isEqualTo(before);
        tenant.api().complete(claim).expect(200);
    }

    private void assertReaped(Claimed claim, String rule) {
        assertThat(stale(claim)).isTrue();

        var sweep = tenant.sweepLeases();

        assertThat(sweep.path("cleanedUp").asInt()).as(sweep.toString()).isEqualTo(1);
        assertThat(sweep.at("/verdicts/0/runId").asText()).isEqualTo(claim.runId());
        assertThat(sweep.at("/verdicts/0/rule").asText()).isEqualTo(rule);
        var run = tenant.run(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo(rule);
        assertThat(run.at("/failure/category").asText()).isEqualTo("infrastructure");
    }

    /** As the list and the explanation have it, which share the reaper's predicate. */
    private boolean stale(Claimed claim) {
        var listed = tenant.api()
                .get("/api/v1/runs?stale=true&lane=" + laneOf(claim))
                .expect(200)
                .json();
        var explained = tenant.explain(claim.runId()).at("/liveness/stale").asBoolean();
        assertThat(listed.path("items").findValuesAsText("id").contains(claim.runId()))
                .isEqualTo(explained);
        return explained;
    }

    private static String laneOf(Claimed claim) {
        return claim.json().path("run").path("lane").asText();
    }

    private void assertBoundary(Claimed claim, String from, Duration limit, String rule) {
        var start = instant("select " + from + " as at from leases where run_id = ?", claim);
        node.stopClockAt(start.plus(limit).minusMillis(1));
        assertThat(tenant.sweepLeases().path("total").asInt()).isZero();
        assertThat(stale(claim)).isFalse();
        node.stopClockAt(start.plus(limit));
        assertThat(expiry(tenant.run(claim.runId()))).isEqualTo(start.plus(limit));
        assertReaped(claim, rule);
        node.startClock();
    }

    private static Instant expiry(JsonNode run) {
        return Instant.parse(run.path("leaseExpiresAt").asText());
    }

    private Instant instant(String sql, Claimed claim) {
        return ((java.sql.Timestamp)
                        rows.one(sql, UUID.fromString(claim.runId())).get("at"))
                .toInstant();
    }
}
