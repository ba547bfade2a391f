package dev.holdfast.chaos;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Signal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A worker in a process of its own, for SIGSTOP: what it notes comes through a pipe. It lives no longer than its test. */
final class WorkerProcess {
    private final String name;
    private final Process process;
    private final Thread reader;

    private WorkerProcess(String name, Process process, Notes notes) {
        this.name = name;
        this.process = process;
        reader = new Thread(() -> read(process.inputReader(), notes), "notes of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    /** Arguments: name, seed, nodes; the key is in the environment. */
    public static void main(String[] arguments) throws IOException {
        var key = System.getenv("HOLDFAST_KEY");
        var over = new AtomicBoolean();
        var doors = List.of(arguments).subList(2, arguments.length).stream()
                .map(node -> Api.at(URI.create(node)).withKey(key))
                .toList();
        var caller = new Caller(arguments[0], doors, new Told(), over::get, Long.parseLong(arguments[1]));
        var working = new Thread(new Worker(caller, new Worker.Shape(2, 0, 0), () -> {}), "worker");
        working.start();
        while (System.in.read() >= 0) {
            // until whoever started this one closes the pipe, or dies
        }
        over.set(true);
    }

    /** Says what it is told, line by line. */
    private static final class Told extends Notes {
        @Override
        void add(Call call) {
            System.out.println(call.written());
        }

        @Override
        void breach(String what) {
            System.out.println("breach " + what.replace('\n', ' '));
        }
    }

    static WorkerProcess start(String name, String key, List<URI> nodes, long seed, Notes notes) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-classpath",
                System.getProperty("java.class.path"),
                WorkerProcess.class.getName(),
                name,
                Long.toString(seed)));
        nodes.forEach(node -> command.add(node.toString()));
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("HOLDFAST_KEY", key);
        try {
            return new WorkerProcess(name, builder.start(), notes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String name() {
        return name;
    }

    void freeze() {
        Signal.STOP.to(process.toHandle());
    }

    void thaw() {
        Signal.CONT.to(process.toHandle());
    }

    /** Lets it end what it has in hand. */
    void end() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            reader.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void read(BufferedReader lines, Notes notes) {
        lines.lines().forEach(line -> {
            if (line.startsWith("breach ")) {
                notes.breach(line);
            } else {
                notes.add(Call.read(line));
            }
        });
    }
}
