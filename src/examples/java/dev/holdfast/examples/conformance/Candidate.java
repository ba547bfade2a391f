package dev.holdfast.examples.conformance;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The worker under trial: a command of bash's, with all processes that come of it. */
final class Candidate implements AutoCloseable {
    private final String command;
    private final Map<String, String> environment;
    private final Path output;
    private Process process;

    Candidate(String command, Map<String, String> environment, Path output) {
        this.command = command;
        this.environment = environment;
        this.output = output;
    }

    void start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder("bash", "-c", "exec " + command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
        builder.environment().putAll(environment);
        process = builder.start();
    }

    boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** How it ended, if it has. */
    String end() {
        return "it ended with exit code " + process.exitValue();
    }

    void freeze() {
        signal("STOP");
    }

    void thaw() {
        signal("CONT");
    }

    private void signal(String signal) {
        all().forEach(one -> {
            try {
                new ProcessBuilder("kill", "-" + signal, Long.toString(one.pid()))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** SIGTERM, to the worker itself alone. */
    void terminate() {
        process.destroy();
    }

    boolean endsWithin(Duration time) throws InterruptedException {
        return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether a running command line, which everybody on the machine may read, shows one of these. */
    boolean shows(List<String> secrets) {
        return all().stream().map(one -> one.info().commandLine().orElse("")).anyMatch(line -> secrets.stream()
                .anyMatch(line::contains));
    }

    String output() throws IOException {
        return Files.exists(output) ? Files.readString(output) : "";
    }

    private List<ProcessHandle> all() {
        return isRunning()
                ? Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .toList()
                : List.of();
    }

    /** Kills it, and returns when it is dead. */
    @Override
    public void close() {
        List<ProcessHandle> all = all();
        all.forEach(ProcessHandle::destroyForcibly);
        all.forEach(one -> one.onExit().join());
    }
}
