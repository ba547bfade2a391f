package dev.holdfast.scenario;

import static dev.holdfast.scenario.Lanes.ACTION;
import static dev.holdfast.scenario.Lanes.AUTH;
import static dev.holdfast.scenario.Lanes.EMBED_BACKFILL;
import static dev.holdfast.scenario.Lanes.SYNC;
import static dev.holdfast.scenario.Lanes.WATCHER;
import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * J1: clean-up of stale runs at start, and keys that belong to a session. That the clean-up is done before claims are
 * served is shown where nodes are started: {@code NodesIT}, C15.
 */
class StaleRunCleanUpScenarioIT {
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
    void J1_aCutoffOfZeroEndsAllThatIsInFlightWithALineOfLogEach() {
        var failing = List.of(tenant.beating(AUTH), tenant.claimed(WATCHER));
        var requeued = List.of(tenant.beating(SYNC), tenant.claimed(ACTION), tenant.beating(EMBED_BACKFILL));

        var sweep = tenant.sweep(Map.of("cutoff", "PT0S"));

        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(5);
        for (var claim : failing) {
            var run = tenant.run(claim.runId());
            assertThat(run.path("state").asText()).isEqualTo("failed");
            assertThat(run.at("/failure/code").asText()).isEqualTo("orphaned");
            assertThat(run.at("/failure/message").asText()).contains("worker-of-");
        }
        for (var claim : requeued) {
            assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("queued");
        }
        for (var verdict : sweep.path("verdicts")) {
            assertThat(node.server().log())
                    .containsOnlyOnce("sweep %s: run %s of tenant %s: orphaned, now %s"
                            .formatted(
                                    sweep.path("sweepId").asText(),
                                    verdict.path("runId").asText(),
                                    tenant.id(),
                                    verdict.path("outcome").asText()));
        }
    }

    @Test
    void J1_aCutoffOfTenMinutesSparesTheRecent() {
        var recent = tenant.claimedAgo(tenant.claimed(ACTION), Duration.ofMinutes(9));
        var beating = tenant.shifted(tenant.beating(SYNC), Duration.ofHours(5), Duration.ofMinutes(1));
        var old = tenant.claimedAgo(tenant.claimed(AUTH), Duration.ofMinutes(11));

        var sweep = tenant.sweep(Map.of("cutoff", "PT10M"));

        assertThat(sweep.path("verdicts").findValuesAsText("runId")).containsExactly(old.runId());
        tenant.api().complete(recent).expect(200);
        tenant.api().complete(beating).expect(200);
    }

    @Test
    void J1_withNothingInFlightItIsANoOp() {
        tenant.api().submit(SYNC);
        tenant.api().complete(tenant.beating(AUTH)).expect(200);

        var sweep = tenant.sweep(Map.of("cutoff", "PT0S"));

        assertThat(sweep.path("total").asInt()).isZero();
        assertThat(sweep.path("verdicts")).isEmpty();
    }

    @Test
    void J1_startingRunBOfAnAgentDoesNotEndTheKeyOfRunA() {
        var a = tenant.claimed(SYNC, Map.of("labels", Map.of("agent", "crm")));
        var b = tenant.claimed(SYNC, Map.of("labels", Map.of("agent", "crm")));

        assertThat(a.runKey()).isNotEqualTo(b.runKey());
        var keyOfA = tenant.api().withKey(a.runKey());
        keyOfA.beat(a).expect(200);
        tenant.api().withKey(b.runKey()).complete(b).expect(200);
        keyOfA.beat(a).expect(200);
        keyOfA.complete(a).expect(200);
    }

    @Test
    void J1_eachKeyIsValidTwoHoursAndRefusedOnceExpired() {
        var a = tenant.claimed(AUTH);
        var b = tenant.claimed(AUTH);
        assertThat(rows.all(
                        "select key_expires_at - claimed_at = interval 'PT2H' as two_hours from leases where run_id in (?, ?)",
                        id(a),
                        id(b)))
                .containsExactly(Map.of("two_hours", true), Map.of("two_hours", true));

        rows.change("update leases set key_expires_at = statement_timestamp() where run_id = ?", id(a));

        tenant.api().withKey(a.runKey()).beat(a).expect(401, "key_expired");
        var beaten = tenant.api().withKey(b.runKey()).beat(b).expect(200).json();
        assertThat(Instant.parse(beaten.path("runKeyExpiresAt").asText()))
                .isBetween(Instant.now().plusSeconds(7100), Instant.now().plusSeconds(7300));
        tenant.api().beat(a).expect(200); // the tenant's own key, without expiry, is good as ever
    }

    @Test
    void J1_revokingTheKeyOfOneRunTouchesNoOther() {
        var a = tenant.claimed(SYNC);
        var b = tenant.claimed(SYNC);
        var untouched = rows.everythingOf(b.runId());

        tenant.api().post("/api/v1/runs/" + a.runId() + "/cancel", Map.of()).expect(200);

        var refused = tenant.api().withKey(a.runKey()).beat(a).expect(401, "key_revoked");
        assertThat(refused.json().path("because").asText()).isEqualTo("run_cancelled");
        assertThat(rows.everythingOf(b.runId())).isEqualTo(untouched);
        tenant.api().withKey(b.runKey()).beat(b).expect(200);
    }

    @Test
    void J1_theSweepOfExpiredKeysCountsRight() {
        for (int i = 0; i < 3; i++) {
            var idle = tenant.claimed(ACTION);
            rows.change(
                    "update leases set key_expires_at = statement_timestamp() - interval 'PT1S' where run_id = ?",
                    id(idle));
        }
        tenant.claimed(ACTION);

        var sweep = tenant.sweep(Map.of());

        assertThat(sweep.at("/phases/keys/cleanedUp").asInt()).isEqualTo(3);
        assertThat(sweep.path("total").asInt()).isEqualTo(3);
        assertThat(tenant.sweep(Map.of()).path("total").asInt()).isZero();
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
