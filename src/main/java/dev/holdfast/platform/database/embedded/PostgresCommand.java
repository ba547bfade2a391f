package dev.holdfast.platform.database.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One call of initdb, pg_ctl or postgres. */
final class PostgresCommand {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final List<String> line = new ArrayList<>();

    private PostgresCommand(Path program) {
        if (ROOT) {
            // PostgreSQL refuses to run as root. In a user namespace of its own it is nobody, and the files stay ours.
            line.addAll(List.of("unshare", "--user"));
        }
        line.add(program.toString());
    }

    static PostgresCommand of(Path program) {
        return new PostgresCommand(program);
    }

    PostgresCommand arguments(String... arguments) {
        line.addAll(List.of(arguments));
        return this;
    }

    Result run(Duration timeout) throws IOException {
        // Into a file: a PostgreSQL that pg_ctl leaves running may hold a pipe open for ever.
        Path output = Files.createTempFile("holdfast-postgres", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output.toFile());
            // Neither Holdfast's secrets nor the settings of somebody's psql belong into its environment.
            builder.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_") || name.startsWith("PG"));
            Process process = builder.start();
            boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly();
            }
            return new Result(
                    ended && process.exitValue() == 0, Files.readString(output).strip());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while running " + line.get(ROOT ? 2 : 0), e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    record Result(boolean ok, String output) {
        String orThrow(String what) throws IOException {
            if (ok) {
                return output;
            }
            String hint = ROOT && output.contains("unshare")
                    ? " As root it needs a user namespace, which is not to be had here: run Holdfast as another user,"
                            + " or name an external PostgreSQL by HOLDFAST_DB_URL."
                    : "";
            throw new IOException(what + "; " + output.replace('\n', ' ') + hint);
        }
    }
}
