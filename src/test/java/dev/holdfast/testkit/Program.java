package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A command of somebody's terminal: what it says goes to a file, and nothing of the developer's own settings to it. */
public final class Program implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Process process;
    private final Path said;

    private Program(Process process, Path said) {
        this.process = process;
        this.said = said;
    }

    /** In a session of its own, so that it can be sent what Ctrl-C sends. */
    public static Program start(Path directory, Map<String, String> environment, List<String> command) {
        try {
            var said = Files.createTempFile("holdfast-said", ".log");
            var all = Stream.concat(Stream.of("setsid"), command.stream()).toList();
            var builder = new ProcessBuilder(all)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile());
            builder.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_") || name.startsWith("WLP_"));
            builder.environment().putAll(environment);
            return new Program(builder.start(), said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs it to its end. @throws IllegalStateException with what it said, if that is not a good one */
    public static String run(Duration patience, Map<String, String> environment, String... command) {
        try (var program = start(Path.of("").toAbsolutePath(), environment, List.of(command))) {
            if (program.awaitEnd(patience) != 0) {
                throw new IllegalStateException(String.join(" ", command) + " failed:\n" + program.said());
            }
            return program.said();
        }
    }

    public static boolean isInstalled(String... programs) {
        return Stream.of(programs)
                .allMatch(program -> Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, program))));
    }

    public static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    public Program awaitReady(URI node) {
        await().atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException("it ended, saying:\n" + said());
                    }
                    return isReady(node);
                });
        return this;
    }

    private static boolean isReady(URI node) throws InterruptedException {
        try {
            var ready = HttpRequest.newBuilder(node.resolve("/health/ready"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return HTTP.send(ready, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The first of its children, and theirs, that runs this program. */
    public Optional<ProcessHandle> child(String program) {
        return process.descendants()
                .filter(candidate -> candidate.info().command().orElse("").endsWith("/" + program))
                .findFirst();
    }

    /** Ctrl-C. */
    public void interrupt() {
        run(Duration.ofSeconds(10), Map.of(), "kill", "-INT", "--", "-" + process.pid());
    }

    /** As a supervisor ends it: SIGTERM to the command itself, not to what it has started. */
    public void terminate() {
        process.destroy();
    }

    /** @return the status */
    public int awaitEnd(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("not ended after " + patience + ", saying:\n" + said());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public String said() {
        try {
            return Files.readString(said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whatever of it still runs is killed. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        said.toFile().delete();
    }
}
