package dev.holdfast.platform.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.WatchedNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shipped for Prometheus and Grafana, against what a node says of itself. */
class MonitoringIT {
    private static final Path SHIPPED = Path.of("server-config/monitoring");
    private static final Pattern NAME = Pattern.compile("\\bholdfast_[a-z_]+");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");

    /** Of the operator's manual, and what has been added. */
    private static final Set<String> PROMISED = Set.of(
            "holdfast_runs",
            "holdfast_queue_oldest_seconds",
            "holdfast_claims_total",
            "holdfast_claim_wait_seconds_bucket",
            "holdfast_moves_total",
            "holdfast_reaped_total",
            "holdfast_late_writes_refused_total",
            "holdfast_approvals",
            "holdfast_approval_oldest_seconds",
            "holdfast_sweep_age_seconds",
            "holdfast_sweep_seconds_bucket",
            "holdfast_keys_issued_total",
            "holdfast_keys_revoked_total",
            "holdfast_auth_failures_total",
            "holdfast_streams",
            "holdfast_db_pool_in_use",
            "holdfast_possible_overlap_seconds_total",
            "holdfast_webhook_deliveries_total",
            "holdfast_webhook_oldest_seconds");

    @Test
    void I5_eachMetricThatIsPromisedOrWatchedIsThere() throws IOException {
        var api = WatchedNode.api();
        api.withoutKey().get("/api/v1/runs").expect(401);
        api.submit("monitored");
        var claim = api.claimOne("w", "monitored");
        api.complete(claim).expect(200);
        api.complete(claim).expect(200);
        api.beat(claim).expect(409);
        var wanted = new TreeSet<>(PROMISED);
        wanted.addAll(names(Files.readString(SHIPPED.resolve("alerts.yml"))));
        wanted.addAll(names(Files.readString(SHIPPED.resolve("dashboard.json"))));

        await().untilAsserted(
                        () -> assertThat(names(WatchedNode.scrape().text())).containsAll(wanted));
        var shown = names(Files.readString(SHIPPED.resolve("dashboard.json")));
        for (var metric : Metric.values()) {
            assertThat(shown).as("shown by the dashboard").anyMatch(name -> name.startsWith(metric.title));
        }
    }

    @Test
    void eachAlertIsMadeToFireByPrometheusOwnTool(@TempDir Path directory) throws Exception {
        assumeTrue(isThere(), "promtool (Debian: prometheus) is not there");
        var rules = Files.readString(SHIPPED.resolve("alerts.yml"));
        var tests = Files.readString(Path.of("src/test/resources/monitoring/alerts_test.yml"));
        ALERT.matcher(rules).results().forEach(alert -> assertThat(tests)
                .as("a test that it fires")
                .contains("alertname=\"" + alert.group(1) + "\""));
        Files.writeString(directory.resolve("alerts.yml"), rules);
        Files.writeString(directory.resolve("alerts_test.yml"), tests);

        promtool(directory, "check", "rules", "alerts.yml");
        promtool(directory, "test", "rules", "alerts_test.yml");
    }

    private static Set<String> names(String text) {
        var names = new TreeSet<String>();
        NAME.matcher(text).results().forEach(found -> names.add(found.group()));
        return names;
    }

    private static boolean isThere() {
        try {
            promtool(Path.of("."), "--version");
            return true;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    private static void promtool(Path directory, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }
}
