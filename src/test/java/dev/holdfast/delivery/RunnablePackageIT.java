package dev.holdfast.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Program;
import dev.holdfast.testkit.TestRun;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code mvn -Ppackage} makes, in a directory where there is nothing else. */
@Tag("chaos")
class RunnablePackageIT {
    private static final Path JAR = Path.of("target/holdfast.jar").toAbsolutePath();
    private static final Path ZIP = Path.of("target/holdfast.zip").toAbsolutePath();
    private static final Duration STOP = Duration.ofMinutes(2);
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private final int port = TestRun.freePort();
    private final URI uri = URI.create("http://127.0.0.1:" + port);
    private final Map<String, String> settings = Map.of("HOLDFAST_HTTP_PORT", Integer.toString(port));

    @TempDir
    Path directory;

    @BeforeEach
    void packaged() {
        assumeTrue(Files.exists(JAR) && Files.exists(ZIP), "mvn -Ppackage has not been run");
    }

    @Test
    void theJarRunsHoldfastAndItsDataOutliveTheServer() throws IOException {
        var holdfast = directory.resolve(".holdfast");
        String run;
        try (var program = jar()) {
            program.awaitReady(uri);
            run = api().submit("packaged").path("id").asText();
            try (var second = jar()) {
                assertThat(second.awaitEnd(STOP)).isEqualTo(1);
                assertThat(second.said()).contains("Another Holdfast runs in " + holdfast);
            }

            program.interrupt();
            program.awaitEnd(STOP);
        }
        assertThat(postmaster()).doesNotExist();
        assertThat(holdfast).isDirectoryContaining("glob:**/server").isDirectoryContaining("glob:**/bootstrap.key");

        try (var program = jar()) {
            program.awaitReady(uri);
            assertThat(program.said()).as("unpacked once").doesNotContain("Unpacking");
            assertThat(api().run(run).path("state").asText()).isEqualTo("queued");

            var server = program.child("java").orElseThrow();
            program.terminate();
            program.awaitEnd(STOP);
            assertThat(server.isAlive()).isFalse();
        }
        assertThat(postmaster()).doesNotExist();
    }

    @Test
    void theZipIsAServerThatNeedsNothingElse() throws IOException {
        Program.run(Duration.ofMinutes(2), Map.of(), "unzip", "-q", ZIP.toString(), "-d", directory.toString());
        var wlp = directory.resolve("wlp");
        assertThat(wlp.resolve("usr/servers/holdfast/server.env"))
                .as("passwords of the build")
                .doesNotExist();
        try (var program = Program.start(directory, settings, List.of(wlp + "/bin/server", "run", "holdfast"))) {
            program.awaitReady(uri);
            Api.at(uri)
                    .withKey(Files.readString(wlp.resolve("usr/servers/holdfast/data/bootstrap.key"))
                            .strip())
                    .submit("packaged");
            program.interrupt();
            program.awaitEnd(STOP);
        }
    }

    private Program jar() {
        return Program.start(directory, settings, List.of(JAVA, "-jar", JAR.toString()));
    }

    private Api api() throws IOException {
        return Api.at(uri)
                .withKey(Files.readString(directory.resolve(".holdfast/bootstrap.key"))
                        .strip());
    }

    private Path postmaster() {
        return directory.resolve(".holdfast/postgresql/data/postmaster.pid");
    }
}
