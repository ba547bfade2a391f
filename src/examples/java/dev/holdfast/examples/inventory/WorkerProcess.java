package dev.holdfast.examples.inventory;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.holdfast.client.HoldfastClient;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A worker in a Java process of its own. It ends when its standard input does, so never outlives the demonstration. */
final class WorkerProcess implements AutoCloseable {
    private static final long SECONDS_TO_STOP = 30;

    /** Where this process has them from, whoever started it: the examples, the client, and the Jackson that the client needs. */
    private static final String CLASSPATH = Stream.of(
                    InventoryWorker.class,
                    HoldfastClient.class,
                    ObjectMapper.class,
                    JsonFactory.class,
                    JsonInclude.class,
                    JavaTimeModule.class)
            .map(WorkerProcess::origin)
            .distinct()
            .collect(Collectors.joining(File.pathSeparator));

    private final String id;
    private final Process process;

    private WorkerProcess(String id, Process process) {
        this.id = id;
        this.process = process;
    }

    static WorkerProcess start(String execution, String name, String lane, Settings settings) throws IOException {
        String id = "inventory-" + execution + "-" + name;
        Files.createDirectories(settings.output());
        File log = settings.output().resolve("worker-" + name + ".log").toFile();
        ProcessBuilder java = new ProcessBuilder(command(id, lane, settings.repository(), settings.output()))
                .redirectErrorStream(true)
                .redirectOutput(log);
        // By the environment: arguments are seen by every user of the machine.
        java.environment()
                .putAll(Map.of("HOLDFAST_URL", settings.holdfast().toString(), "HOLDFAST_KEY", settings.key()));
        return new WorkerProcess(id, java.start());
    }

    private static List<String> command(String id, String lane, Path repository, Path output) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx192m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                CLASSPATH,
                InventoryWorker.class.getName(),
                id,
                lane,
                repository.toString(),
                output.toString());
    }

    private static String origin(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    String id() {
        return id;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Stops it where it is. Does nothing where the system cannot. */
    void freeze() {
        signal("-STOP");
    }

    void thaw() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            new ProcessBuilder("kill", signal, Long.toString(pid())).start().waitFor();
        } catch (IOException e) {
            // No such command: the worker goes on.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** kill -9: it has no chance to say a word. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Lets it end in good order. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (IOException e) {
            kill();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            kill();
        }
    }
}
