package dev.holdfast.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Program;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.TestPostgres;
import dev.holdfast.testkit.TestRun;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The image of the Dockerfile as it stands, built by buildah and run as its own configuration says. It starts from an image of
 * the same name as the real one that {@code src/test/image} makes of Debian and the Liberty of the build.
 */
@Tag("chaos")
class ImageIT {
    private static final Path SCRIPTS = Path.of("src/test/image");
    private static final Path STORE = Path.of("target/image").toAbsolutePath();
    private static final Duration BUILD = Duration.ofMinutes(15);

    @BeforeAll
    static void build() {
        assumeTrue(
                Program.isRoot() && Program.isInstalled("buildah", "mmdebstrap", "unshare", "setpriv"),
                "not root, or Debian's buildah and mmdebstrap are not installed");
        Program.run(
                BUILD,
                Map.of(),
                SCRIPTS.resolve("base.sh").toString(),
                System.getProperty("holdfast.wlp"),
                STORE.toString());
        Program.run(
                BUILD,
                Map.of("BUILDAH_ISOLATION", "chroot"),
                "buildah",
                "--root=" + STORE.resolve("images"),
                "--runroot=" + STORE.resolve("run"),
                "--storage-driver=vfs",
                "bud",
                "--pull-never",
                "--tag=holdfast",
                ".");
    }

    @Test
    void itServesAnExternalDatabaseAsAnOrdinaryUserOnAReadOnlyRoot() throws IOException {
        var database = TestPostgres.shared().newDatabase();
        var port = TestRun.freePort();
        var uri = URI.create("http://127.0.0.1:" + port);
        var command = List.of(
                SCRIPTS.resolve("run.sh").toAbsolutePath().toString(),
                STORE.toString(),
                "holdfast",
                "HOLDFAST_HTTP_PORT=" + port,
                "HOLDFAST_DB_URL=" + database.url(),
                "HOLDFAST_DB_USER=" + database.user(),
                "HOLDFAST_DB_PASSWORD=" + database.password(),
                "HOLDFAST_BOOTSTRAP_KEY=" + Cluster.BOOTSTRAP_KEY);
        try (var container = Program.start(Path.of("").toAbsolutePath(), Map.of(), command)) {
            container.awaitReady(uri);
            var java = container.child("java").orElseThrow();
            var process = Path.of("/proc", Long.toString(java.pid()));
            assertThat(Files.readAllLines(process.resolve("status")))
                    .anyMatch(line -> line.matches("Uid:\\s+1001\\s+1001.*"))
                    .anyMatch(line -> line.matches("CapEff:\\s+0+"))
                    .anyMatch(line -> line.matches("NoNewPrivs:\\s+1"));
            assertThat(Files.readString(process.resolve("mountinfo")).lines())
                    .anyMatch(line -> line.matches("\\S+ \\S+ \\S+ \\S+ / ro,.*"));
            assertThat(container.said().lines().filter(line -> line.startsWith("{")))
                    .as("JSON for a collector of logs")
                    .isNotEmpty();
            assertThat(container.said())
                    .doesNotContain("Read-only", "Permission denied", "CWWKE0044E", database.password());

            var api = Api.at(uri).withKey(Cluster.BOOTSTRAP_KEY);
            api.submit("in-a-container");
            api.claimOne("worker", "in-a-container");
            var waits = CompletableFuture.supplyAsync(() -> api.post(
                    "/api/v1/claims", Map.of("workerId", "w", "lanes", List.of("in-a-container"), "wait", "PT30S")));
            await().until(() -> Scrape.of(uri).of("holdfast_waiting_claims") == 1);

            java.destroy(); // SIGTERM to process 1 of the container
            assertThat(waits.join().expect(200).json().path("claims")).isEmpty();
            container.awaitEnd(Duration.ofMinutes(2));
        }
    }
}
