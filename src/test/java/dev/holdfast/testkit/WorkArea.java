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
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * What Liberty works out at a server's first start and keeps: which bundles make up its features; and what the JVM works out
 * of the classes that it loads. One server of all forks does so, and each new one begins with a copy of the first and a
 * mapping of the second: with the copy alone a start takes a quarter longer.
 */
final class WorkArea {
    private static final String NAME = "workarea";
    private static final List<String> KEPT = List.of("org.eclipse.osgi", "platform");
    private static final Path MODEL = TestRun.directory().resolveSibling("model");
    private static final Path CLASSES = MODEL.resolve("classes.jsa");

    /** Liberty comes with an agent; what it does to classes is not in the way of an archive of theirs. */
    private static final List<String> WITH_AGENT =
            List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:+AllowArchivingWithJavaAgent");

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

    /** Options of the JVM that let it begin with the classes of the model, if there are any; no user's server has them. */
    static List<String> options() {
        return Files.exists(CLASSES) && !ServerDirectory.MEASURED ? with("SharedArchiveFile") : List.of();
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

    private static Path made() throws IOException {
        var server = new ServerDirectory("model", MODEL, ServerDirectory.ofThisBuild());
        server.prepare(with("ArchiveClassesAtExit"));
        int port = TestRun.freePort();
        var database = TestPostgres.shared().newDatabase();
        var process = server.launch(Map.of(
                "HOLDFAST_HTTP_PORT", Integer.toString(port),
                "HOLDFAST_DB_URL", database.url(),
                "HOLDFAST_DB_USER", database.user(),
                "HOLDFAST_DB_PASSWORD", database.password()));
        try {
            Awaitility.await().atMost(PATIENCE).until(() -> HoldfastServer.isReady(port));
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

    private static List<String> with(String option) {
        return Stream.concat(WITH_AGENT.stream(), Stream.of("-XX:" + option + "=" + CLASSES))
                .toList();
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
