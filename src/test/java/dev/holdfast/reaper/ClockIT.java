package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.FakeClock;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database's clock decides: that no rule even asks the machine's is held by {@code ArchitectureTest}. */
class ClockIT {
    @Test
    void C19_aNodeWhoseClockIsTenMinutesOffJudgesLikeTheOthers(@TempDir Path directory) {
        var quiet = QuietNode.shared();
        try (var node = quiet.newNode("clock-off")) {
            var clock = FakeClock.of(node, directory);
            node.start();
            for (var off : List.of(Duration.ofMinutes(10), Duration.ofMinutes(-10))) {
                clock.putOff(off);
                assertJudgesByTheDatabase(node, quiet.rows());
                assertThat(clock.isOff(off)).isTrue();
            }
            node.kill(); // a shut-down in a past that comes again is not what is tested
        }
    }

    private static void assertJudgesByTheDatabase(HoldfastServer node, Rows rows) {
        var tenant = Tenant.newOn(node, rows);
        tenant.lane("silent", Map.of("heartbeat", "required"));
        tenant.lane("waiting", Map.of("queueTimeout", "PT5M"));
        tenant.lane("living", Map.of("runTimeout", "PT5M"));
        var spared = tenant.shifted(tenant.beating("silent"), Duration.ofMinutes(3), Duration.ofSeconds(90));
        var reaped = tenant.shifted(tenant.beating("silent"), Duration.ofMinutes(3), Duration.ofSeconds(150));
        var fresh = tenant.beating("silent");
        var queued = tenant.api().submit("waiting").path("id").asText();
        var living = tenant.claimed("living");
        var asleep = tenant.claimed("silent");
        tenant.api()
                .asOwner(
                        asleep,
                        "sleep",
                        Map.of("until", Instant.now().plusSeconds(300).toString()))
                .expect(200);
        tenant.api()
                .asOwner(
                        fresh,
                        "sleep",
                        Map.of("until", Instant.now().minusSeconds(300).toString()))
                .expect(400);

        var sweep = tenant.sweep(Map.of());

        assertThat(sweep.path("verdicts").findValuesAsText("runId")).containsExactly(reaped.runId());
        for (var claim : List.of(spared, fresh, living)) {
            assertThat(tenant.run(claim.runId()).path("fence").asLong()).isEqualTo(claim.fence());
        }
        assertThat(tenant.run(queued).path("state").asText()).isEqualTo("queued");
        assertThat(tenant.run(asleep.runId()).path("state").asText()).isEqualTo("suspended");
        tenant.api().withKey(fresh.runKey()).beat(fresh).expect(200);
        assertThat(tenant.explain(spared.runId()).at("/liveness/stale").asBoolean())
                .isFalse();
        assertThat(tenant.api().get("/api/v1/runs?stale=true").json().path("items"))
                .isEmpty();
    }
}
