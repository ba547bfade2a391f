package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database's clock decides: that no rule even asks the machine's is held by {@code ArchitectureTest}. */
class ClockIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void C19_aNodeWhoseClockIsTenMinutesOffJudgesLikeTheOthers(@TempDir Path directory) throws IOException {
        var library = fakeTime();
        assumeTrue(library != null, "Debian's package faketime is not installed, so no clock can be made to be off");
        var shift = Files.writeString(directory.resolve("shift"), "+0");
        var quiet = QuietNode.shared();
        // Put off only once it runs: the preloaded library shifts what a thread has used of the processor as well, and
        // Liberty's start, which limits itself by that, would take minutes.
        try (var node = quiet.newNode("clock-off")
                .with("LD_PRELOAD", library.toString())
                .with("FAKETIME_TIMESTAMP_FILE", shift.toString())
                .with("FAKETIME_CACHE_DURATION", "1")
                .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .with("FAKETIME_FORCE_MONOTONIC_FIX", "0") // else each timed wait of a JVM ends at once
                .start()) {
            for (int minutes : new int[] {10, -10}) {
                Files.writeString(shift, "%+dm".formatted(minutes));
                await().atMost(PATIENCE).until(() -> Math.abs(minutesAhead(node) - minutes) <= 1);
                assertJudgesByTheDatabase(node, quiet.rows());
                assertThat(minutesAhead(node)).isBetween(minutes - 1L, minutes + 1L);
            }
            node.kill(); // a shut-down in a past that comes again is not what is tested
        }
    }

    /** By what it says in each reply. */
    private static long minutesAhead(HoldfastServer node) {
        var date = Api.at(node.uri()).unchecked().get("/health/live").header("Date");
        var said =
                ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        return Math.round(Duration.between(Instant.now(), said).toSeconds() / 60.0);
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

    private static Path fakeTime() {
        return Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib", "/usr/lib")
                .map(directory -> Path.of(directory, "faketime", "libfaketimeMT.so.1"))
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
    }
}
