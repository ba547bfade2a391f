package dev.holdfast.scenario;

import static dev.holdfast.scenario.Lanes.ACTION;
import static dev.holdfast.scenario.Lanes.AUTH;
import static dev.holdfast.scenario.Lanes.EMBED_BACKFILL;
import static dev.holdfast.scenario.Lanes.SYNC;
import static dev.holdfast.scenario.Lanes.WATCHER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * J2: heartbeats and the reaper of stale runs. The sweeps are the timer's. That the interval is a setting, that a killed
 * sweeper loses nothing and that a stop ends the timer is shown where nodes come and go: {@code NodesIT}.
 */
class HeartbeatScenarioIT {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration BEYOND = Duration.ofMinutes(4);
    private static final Duration WITHIN = Duration.ofSeconds(30);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @BeforeEach
    void lanes() {
        Lanes.declareIn(tenant);
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void J2_aFreshBeatIsLeftAlone() {
        var claims = List.of(SYNC, AUTH, WATCHER, ACTION, EMBED_BACKFILL).stream()
                .map(lane -> tenant.shifted(tenant.beating(lane), HOUR, WITHIN))
                .toList();
        var before =
                claims.stream().map(claim -> rows.everythingOf(claim.runId())).toList();

        node.sweepByTimer();

        assertThat(claims.stream().map(claim -> rows.everythingOf(claim.runId())))
                .isEqualTo(before);
    }

    @Test
    void J2_aStalledSyncIsRequeuedInOneTransactionAndOnce() {
        var claim = tenant.shifted(tenant.beating(SYNC), HOUR, BEYOND);

        node.sweepByTimer();
        var after = rows.everythingOf(claim.runId());
        node.sweepByTimer();

        assertThat(rows.everythingOf(claim.runId()))
                .as("a second sweep does nothing")
                .isEqualTo(after);
        var run = tenant.run(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("queued");
        assertThat(run.path("lost").asInt()).isEqualTo(1);
        assertThat(run.path("fence").asLong()).isEqualTo(claim.fence() + 1);
        assertThat(tenant.explain(claim.runId()).at("/lastVerdict/rule").asText())
                .isEqualTo("worker_heartbeat_lost");
        assertThat(rows.count("select count(*) from events where run_id = ? and type = 'reaped'", id(claim)))
                .isEqualTo(1);
        assertThat(rows.count("""
                        select count(distinct cast(x as text)) from (
                            select xmin as x from runs where id = ?
                            union all select xmin from events where run_id = ? and type = 'reaped') t""", id(claim), id(claim))).isEqualTo(1);
    }

    @Test
    void J2_authIsJudgedLikeSyncButFails() {
        var silent = tenant.shifted(tenant.beating(AUTH), HOUR, BEYOND);
        var neverBeat = tenant.claimedAgo(tenant.claimed(AUTH), BEYOND);

        node.sweepByTimer();

        for (var claim : List.of(silent, neverBeat)) {
            var run = tenant.run(claim.runId());
            assertThat(run.path("state").asText()).isEqualTo("failed");
            assertThat(run.at("/failure/code").asText()).isEqualTo("worker_heartbeat_lost");
        }
    }

    @Test
    void J2_claimedButNeverBeatenFallsBackToTheTimeOfTheClaim() {
        var young = tenant.claimedAgo(tenant.claimed(SYNC), WITHIN);
        var old = tenant.claimedAgo(tenant.claimed(SYNC), BEYOND);

        node.sweepByTimer();

        assertThat(tenant.run(young.runId()).path("state").asText()).isEqualTo("claimed");
        assertThat(tenant.run(old.runId()).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void J2_watcherIsJudgedByItsOwnRule() {
        var withinItsThree = tenant.shifted(tenant.beating(WATCHER), HOUR, Duration.ofSeconds(150));
        var neverBeat = tenant.claimedAgo(tenant.claimed(WATCHER), HOUR);
        var silent = tenant.shifted(tenant.beating(WATCHER), HOUR, BEYOND);

        node.sweepByTimer();

        assertThat(tenant.run(withinItsThree.runId()).path("state").asText()).isEqualTo("running");
        assertThat(tenant.run(neverBeat.runId()).path("state").asText()).isEqualTo("claimed");
        assertThat(tenant.run(silent.runId()).at("/failure/code").asText()).isEqualTo("worker_heartbeat_lost");
    }

    @Test
    void J2_actionAndEmbedBackfillAreNotReapedBySilenceWhileTheyWork() {
        var working = List.of(
                tenant.claimedAgo(tenant.claimed(ACTION), HOUR),
                tenant.claimedAgo(tenant.claimed(EMBED_BACKFILL), Duration.ofMinutes(110)));

        node.sweepByTimer();

        for (var claim : working) {
            assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("claimed");
            tenant.api().complete(claim).expect(200);
        }
    }

    @Test
    void J2_terminalRowsAreNeverTouched() {
        var done = tenant.beating(SYNC);
        tenant.api().complete(done).expect(200);
        rows.change("""
                update runs set claimed_at = claimed_at - interval 'P1D', last_heartbeat_at = last_heartbeat_at - interval 'P1D'
                where id = ?""", id(done));
        var before = rows.everythingOf(done.runId());

        node.sweepByTimer();

        assertThat(rows.everythingOf(done.runId())).isEqualTo(before);
    }

    @Test
    void J2_theThresholdIsASettingOfTheLaneAndJudgesWhatIsInFlightToo() {
        var claim = tenant.shifted(tenant.beating(SYNC), HOUR, Duration.ofSeconds(90));
        node.sweepByTimer();
        assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("running");

        var lane = tenant.api().get("/api/v1/lanes/sync").expect(200);
        var changed = (ObjectNode) lane.json().deepCopy();
        changed.put("heartbeatTimeout", "PT1M");
        tenant.api()
                .with("If-Match", lane.header("ETag"))
                .put("/api/v1/lanes/sync", changed)
                .expect(200);
        node.sweepByTimer();

        assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("queued");
        assertThat(tenant.explain(claim.runId())
                        .at("/lastVerdict/evidence/heartbeatTimeout")
                        .asText())
                .isEqualTo("PT60S");
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
