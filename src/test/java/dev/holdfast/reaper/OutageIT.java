package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When it is not the workers that died: the control plane was away, or a network broke. */
class OutageIT {
    private static final Duration DEAD = Duration.ofMinutes(3);
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @BeforeEach
    void aLane() {
        tenant.lane("lane", Map.of("heartbeat", "required"));
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.change("update reaper set judging_since = null");
        rows.assertInvariants();
    }

    @Test
    void C16_theBreakerHoldsAMassLossForOneIntervalAndSaysSo() {
        var stale = tenant.manyClaimedAgo("lane", 25, DEAD);
        tenant.manyClaimedAgo("lane", 24, Duration.ofSeconds(10));
        tenant.lane("other", Map.of("heartbeat", "required"));
        var elsewhere = tenant.shifted(tenant.beating("other"), DEAD, DEAD.minusSeconds(1));

        node.sweepByTimer();

        assertThat(tenant.run(elsewhere.runId()).path("state").asText())
                .as("a lane that lost one owner is not held")
                .isEqualTo("queued");
        assertThat(inFlight()).isEqualTo(49);
        var lane = tenant.api().get("/api/v1/lanes/lane").expect(200).json();
        var heldUntil = Instant.parse(lane.path("heldUntil").asText());
        assertThat(heldUntil).isBetween(now(), now().plus(INTERVAL));
        var liveness = tenant.explain(stale.get(0).runId()).path("liveness");
        assertThat(liveness.path("stale").asBoolean()).isTrue();
        assertThat(Instant.parse(liveness.path("judgedFrom").asText())).isEqualTo(heldUntil);
        assertThat(node.server().log())
                .containsOnlyOnce(
                        "lane lane of tenant %s has lost 25 of 49 owners at once; it is held".formatted(tenant.id()));
        node.sweepByTimer();
        assertThat(inFlight()).as("held is held, however often it is swept").isEqualTo(49);

        rows.change("update lanes set held_until = statement_timestamp() where tenant_id = ?", tenant.id());
        node.sweepByTimer();

        assertThat(inFlight()).isEqualTo(24);
        assertThat(tenant.api().get("/api/v1/lanes/lane").json().has("heldUntil"))
                .isFalse();
        assertThat(reaped(stale)).isEqualTo(25);
    }

    @Test
    void C16_aHoldThatHasJustEndedDoesNotBeginAgain() {
        tenant.manyClaimedAgo("lane", 25, DEAD);
        node.sweepByTimer();
        assertThat(inFlight()).isEqualTo(25);
        rows.change("update lanes set held_until = statement_timestamp() where tenant_id = ?", tenant.id());
        node.sweepByTimer();
        tenant.manyClaimedAgo("lane", 25, DEAD);

        node.sweepByTimer();

        assertThat(inFlight()).isZero();
    }

    @Test
    void C16_lessThanTwentyOrNoMoreThanHalfIsAnOrdinaryDay() {
        tenant.manyClaimedAgo("lane", 19, DEAD);
        tenant.lane("half", Map.of("heartbeat", "required"));
        tenant.manyClaimedAgo("half", 20, DEAD);
        tenant.manyClaimedAgo("half", 20, Duration.ofSeconds(10));

        node.sweepByTimer();

        assertThat(inFlight()).isEqualTo(20);
        assertThat(rows.count("select count(*) from lanes where tenant_id = ? and held_until is not null", tenant.id()))
                .isZero();
    }

    @Test
    void C16_whoAsksForASweepIsNotHeldBackByTheBreaker() {
        var stale = tenant.manyClaimedAgo("lane", 25, DEAD);
        node.sweepByTimer();
        assertThat(inFlight()).isEqualTo(25);

        assertThat(tenant.sweepLeases().path("cleanedUp").asInt()).isEqualTo(25);
        assertThat(reaped(stale)).isEqualTo(25);
    }

    @Test
    void C16_afterAnOutageTheOwnersGetOneHeartbeatTimeoutToBeHeardAgain() {
        var alive = tenant.shifted(tenant.beating("lane"), Duration.ofHours(1), DEAD);
        var dead = tenant.shifted(tenant.beating("lane"), Duration.ofHours(1), DEAD);
        var staleAt =
                Instant.parse(tenant.run(dead.runId()).path("leaseExpiresAt").asText());
        rows.change("update reaper set last_success_at = statement_timestamp() - interval 'PT30S'");
        var before = now();

        node.sweepByTimerAfterARest();

        assertThat(inFlight()).isEqualTo(2);
        var liveness = tenant.explain(dead.runId()).path("liveness");
        var judgedFrom = Instant.parse(liveness.path("judgedFrom").asText());
        assertThat(Instant.parse(liveness.path("staleAt").asText())).isEqualTo(staleAt);
        assertThat(judgedFrom).isBetween(before.plus(Duration.ofMinutes(2)), now().plus(Duration.ofMinutes(2)));
        assertThat(tenant.sweepLeases().path("total").asInt())
                .as("whoever asks, the owners have had no chance to be heard")
                .isZero();
        tenant.beaten(alive);

        rows.change("update reaper set judging_since = judging_since - interval 'PT2M'");
        node.sweepByTimer();

        assertThat(tenant.run(alive.runId()).path("state").asText()).isEqualTo("running");
        assertThat(tenant.run(alive.runId()).path("fence").asLong()).isEqualTo(alive.fence());
        assertThat(tenant.run(dead.runId()).path("state").asText()).isEqualTo("queued");
        assertThat(tenant.explain(dead.runId()).at("/lastVerdict/rule").asText())
                .isEqualTo("worker_heartbeat_lost");
    }

    @Test
    void C16_aCutoffTakesNoAccountOfTheOutageSinceItIsAPersonsWord() {
        tenant.shifted(tenant.beating("lane"), Duration.ofHours(1), DEAD);
        rows.change("update reaper set judging_since = statement_timestamp()");
        assertThat(tenant.sweepLeases().path("total").asInt()).isZero();
        assertThat(tenant.sweep(Map.of("cutoff", "PT0S")).path("total").asInt()).isEqualTo(1);
    }

    private long inFlight() {
        return rows.count("select count(*) from leases where tenant_id = ? and lane <> 'other'", tenant.id());
    }

    private long reaped(List<Claimed> claims) {
        var runs = claims.stream().map(Claimed::runId).toList();
        return rows.all("select run_id from events where tenant_id = ? and type = 'reaped'", tenant.id()).stream()
                .filter(row -> runs.contains(row.get("run_id").toString()))
                .count();
    }

    private Instant now() {
        return Instant.parse(rows.one("select as_utc(statement_timestamp()) as now")
                .get("now")
                .toString());
    }
}
