package dev.holdfast.platform.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server without any database settings: its PostgreSQL comes, stays and goes with it. */
class EmbeddedServerIT {
    private final HoldfastServer server =
            HoldfastServer.named("embedded").with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY);

    @AfterEach
    void stop() {
        server.stop();
    }

    @Test
    void postgresSurvivesAKillOfTheServerKeepsASecondOneOutAndEndsWithACleanStop() throws IOException {
        server.start();
        assertASecondServerSaysWhyItCannot();
        Path data = server.embeddedPostgres().toRealPath().resolve("data");
        Postmaster first = Postmaster.of(data).orElseThrow();

        server.kill();
        assertThat(Postmaster.of(data)).as("left over, as a kill -9 does").contains(first);

        server.start();
        assertThat(Postmaster.of(data)).get().isNotEqualTo(first);

        server.stop();
        assertThat(Postmaster.of(data)).isEmpty();
        assertThat(data.resolve("postmaster.pid")).doesNotExist();
    }

    private void assertASecondServerSaysWhyItCannot() {
        HoldfastServer second = HoldfastServer.named("embedded-second")
                .with("HOLDFAST_DATA_DIR", server.embeddedPostgres().toString());

        second.startUnready();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> second.log()
                .contains("Another Holdfast server is running on"));

        second.kill();
        assertThat(server.isReady()).isTrue();
    }
}
