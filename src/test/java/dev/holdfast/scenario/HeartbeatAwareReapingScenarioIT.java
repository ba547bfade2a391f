package dev.holdfast.scenario;

import static dev.holdfast.scenario.Lanes.WATCHER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** J4: the reaper of a lane where some workers beat and some do not, and long runs are an ordinary day. */
class HeartbeatAwareReapingScenarioIT {
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
    void J4_beatenAndThenSilentForThreeMinutesIsReaped() {
        var claim = tenant.shifted(tenant.beating(WATCHER), Duration.ofMinutes(10), Duration.ofMinutes(3));
        node.sweepByTimer();
        assertFailed(claim, "worker_heartbeat_lost");
    }

    @Test
    void J4_aFreshBeatIsKept() {
        var claim = tenant.shifted(tenant.beating(WATCHER), Duration.ofMinutes(10), Duration.ofSeconds(30));
        node.sweepByTimer();
        assertKept(claim);
    }

    @Test
    void J4_aRecentClaimWithoutABeatIsKept() {
        var claim = tenant.claimedAgo(tenant.claimed(WATCHER), Duration.ofMinutes(90));
        node.sweepByTimer();
        assertKept(claim);
    }

    @Test
    void J4_neverBeatenPastTwoHoursIsReapedWithAnotherCodeAndMessage() {
        var expired = tenant.claimedAgo(tenant.claimed(WATCHER), Duration.ofHours(2));
        var lost = tenant.shifted(tenant.beating(WATCHER), Duration.ofHours(2), Duration.ofHours(1));

        node.sweepByTimer();

        assertFailed(expired, "claim_expired");
        assertFailed(lost, "worker_heartbeat_lost");
        assertThat(message(expired)).contains("did not finish", "PT7200S");
        assertThat(message(lost)).contains("last heard of", "PT180S");
    }

    @Test
    void J4_claimedThreeHoursAgoAndBeatenThirtySecondsAgoIsKept() {
        var claim = tenant.shifted(tenant.beating(WATCHER), Duration.ofHours(3), Duration.ofSeconds(30));
        node.sweepByTimer();
        assertKept(claim);
    }

    private void assertFailed(Claimed claim, String code) {
        var run = tenant.run(claim.runId());
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo(code);
    }

    private void assertKept(Claimed claim) {
        assertThat(tenant.run(claim.runId()).path("fence").asLong()).isEqualTo(claim.fence());
        tenant.api().complete(claim).expect(200);
    }

    private String message(Claimed claim) {
        return tenant.run(claim.runId()).at("/failure/message").asText();
    }
}
