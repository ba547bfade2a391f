package dev.holdfast.bench;

import dev.holdfast.testkit.TestPostgres;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** Another queue on the same PostgreSQL, in a Node.js process with clients and workers of its own: a step reads how many jobs it has done. */
final class NodeQueue implements Load.Step {
    private static final List<String> FILES = List.of("package.json", "package-lock.json", "queue.mjs");

    private final Process process;
    private final BufferedReader lines;

    /** @param what {@code submit-1}, {@code submit-by-100} or {@code life-16} */
    NodeQueue(Path directory, String queue, String what, TestPostgres.Database database) throws IOException {
        process = command(directory, List.of("node", "queue.mjs", queue, what))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var out = process.outputWriter()) {
            out.write(database.url().substring("jdbc:".length()) + "\n" + database.password() + "\n");
        }
        lines = process.inputReader();
        go(); // it is ready
    }

    /** @return what is missing to run such queues; null if nothing is */
    static String missing() {
        try {
            return new ProcessBuilder("npm", "--version").start().waitFor() == 0 ? null : "npm does not work";
        } catch (IOException e) {
            return "npm is not installed";
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Fetches what it needs from npm's registry, and says where it is. */
    static Path installed() throws IOException, InterruptedException {
        var directory = Files.createDirectories(Path.of(System.getProperty("holdfast.it"), "peers"));
        for (var file : FILES) {
            Files.copy(Path.of("src/peers/node", file), directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        var npm = command(directory, List.of("npm", "ci", "--no-audit", "--no-fund", "--silent"));
        if (npm.inheritIO().start().waitFor() != 0) {
            throw new IOException("npm ci failed in " + directory);
        }
        return directory;
    }

    private static ProcessBuilder command(Path directory, List<String> command) {
        return new ProcessBuilder(command).directory(directory.toFile());
    }

    @Override
    public int go() throws IOException {
        var line = lines.readLine();
        if (line == null) {
            throw new EOFException("the queue in Node.js has ended");
        }
        return Integer.parseInt(line);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        process.waitFor();
    }
}
