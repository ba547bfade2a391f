package dev.holdfast.examples.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Event;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import dev.holdfast.client.Submission;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.ExampleWorker;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The example workers against a real node; what becomes of them when it misbehaves, the conformance kit asks. */
class ExampleWorkersIT {
    private static final String SHA256_OF_ADA = "99a563ab2f6e21e96998f9fddd2a2bab82b70ac019579502b8d7fc0032ff62bb";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HoldfastClient holdfast = HoldfastClient.of(Cluster.node(1).uri(), Cluster.BOOTSTRAP_KEY);
    private final String lane = "examples-" + UUID.randomUUID();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void stop() {
        processes.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    @ParameterizedTest
    @EnumSource
    void itCompletesFailsObeysACancelAndReleasesWhatItHoldsWhenItIsStopped(ExampleWorker worker) throws Exception {
        worker.assumeItsLanguage();
        holdfast.declareLane(lane, Map.of("heartbeat", "required", "heartbeatTimeout", "PT4S", "maxAttempts", 1));
        Run good = submit(Map.of("text", "Ada", "seconds", 0));
        Run bad = submit("not what it expects");
        Run unwanted = submit(Map.of("text", "Ada", "seconds", 600));
        Process process = start(worker);

        assertThat(await(good, "completed").result().path("sha256").asText()).isEqualTo(SHA256_OF_ADA);
        assertThat(await(bad, "failed").failure().category()).isEqualTo("work");
        await(unwanted, "running");
        holdfast.cancel(unwanted.id(), "not needed");
        Run interrupted = await(submit(Map.of("text", "Ada", "seconds", 600)), "running");
        process.destroy();

        await(interrupted, "queued");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(types(interrupted)).containsExactly("submitted", "claimed", "started", "released");
        assertThat(types(unwanted)).containsExactly("submitted", "claimed", "started", "cancelled");
    }

    private Run submit(Object input) {
        return holdfast.submit(Submission.to(lane).input(input));
    }

    private Process start(ExampleWorker worker) throws IOException {
        Path output = Path.of("target/examples", worker.name() + ".log");
        Files.createDirectories(output.getParent());
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec " + worker.command())
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of(
                        "HOLDFAST_URL",
                        Cluster.node(1).uri().toString(),
                        "HOLDFAST_KEY",
                        Cluster.BOOTSTRAP_KEY,
                        "HOLDFAST_LANE",
                        lane));
        processes.add(builder.start());
        return processes.get(0);
    }

    private Run await(Run run, String state) {
        return org.awaitility.Awaitility.await()
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> holdfast.get(run.id()), now -> now.state().equals(state));
    }

    private List<String> types(Run run) {
        return holdfast.events(run.id(), null).items().stream().map(Event::type).toList();
    }
}
