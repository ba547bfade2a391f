package dev.holdfast.platform.database.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The PostgreSQL that runs on a data directory, found by its postmaster.pid. */
record Postmaster(long pid) {

    /** Empty when none runs: no file, no such process, or a process that merely got the same number. */
    static Optional<Postmaster> of(Path data) {
        try {
            List<String> lines = Files.readAllLines(data.resolve("postmaster.pid"));
            long pid = Long.parseLong(lines.get(0).strip());
            return ProcessHandle.of(pid)
                    .filter(process -> runsOn(process, data))
                    .map(process -> new Postmaster(pid));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * Removes the postmaster.pid of a dead PostgreSQL whose number another process has now: PostgreSQL would take that
     * one for itself and refuse to start. When the number is free the file stays, because PostgreSQL finds by it
     * whether orphaned backends still write.
     */
    static void forget(Path data) throws IOException {
        Path file = data.resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return;
        }
        String first = Files.readString(file).lines().findFirst().orElse("").strip();
        boolean taken = first.matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(first)).isPresent();
        if (taken || first.isEmpty()) {
            Files.delete(file);
        }
    }

    void kill() {
        ProcessHandle.of(pid).ifPresent(process -> {
            process.destroyForcibly();
            try {
                process.onExit().get(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException("Process " + pid + " does not end on kill -9", e);
            }
        });
    }

    private static boolean runsOn(ProcessHandle process, Path data) {
        // A zombie has no command any more, so that it counts as dead, which it is.
        String command = process.info().command().orElse("");
        if (!command.endsWith("postgres") && !command.endsWith("postgres.exe")) {
            return false;
        }
        Path workingDirectory = Path.of("/proc", Long.toString(process.pid()), "cwd");
        if (Files.exists(workingDirectory)) {
            try {
                return Files.isSameFile(workingDirectory, data);
            } catch (IOException e) {
                return false;
            }
        }
        return process.info()
                .arguments()
                .map(arguments -> List.of(arguments).contains(data.toString()))
                .orElse(true);
    }
}
