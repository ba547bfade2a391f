package dev.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * What Liberty works out at a server's first start and keeps: which bundles make up its features. One server of all forks
 * does so, and each new one begins with a copy, which saves it a third of its start.
 */
final class WorkArea {
    private static final String NAME = "workarea";
    private static final List<String> KEPT = List.of("org.eclipse.osgi", "platform");
    private static final Path MODEL = TestRun.directory().resolveSibling("model");
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private WorkArea() {}

    /** Does nothing for a server that was started before. */
    static synchronized void prepare(Path server) {
        if (Files.exists(server.resolve(NAME))) {
            return;
        }
        try {
            for (var part : KEPT) {
                copy(model().resolve(part), server.resolve(NAME).resolve(part));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path model() throws IOException {
        var done = MODEL.resolve(NAME);
        Files.createDirectories(MODEL);
        // Another fork may be at it.
        try (var channel =
                        FileChannel.open(MODEL.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            if (!Files.exists(done)) {
                Files.move(made(), done);
            }
        }
        return done;
    }

    /** By a server that stops before it asks for a database. */
    private static Path made() throws IOException {
        var server = new ServerDirectory("model", MODEL, ServerDirectory.ofThisBuild());
        server.prepare();
        var process = server.launch(
                Map.of("HOLDFAST_HTTP_PORT", Integer.toString(TestRun.freePort()), "HOLDFAST_SWEEP_INTERVAL", "never"));
        try {
            Awaitility.await().atMost(PATIENCE).until(() -> Files.readString(server.log())
                    .contains("CWWKF0011I")); // features are installed, and the application has said no
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy(); // tidily, for it writes it all down at its end
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("the model of all servers does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
        return server.server().resolve(NAME);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var entries = Files.walk(from)) {
            for (var entry : entries.filter(path -> !path.equals(from)).toList()) {
                Files.copy(entry, to.resolve(from.relativize(entry)));
            }
        }
    }
}
