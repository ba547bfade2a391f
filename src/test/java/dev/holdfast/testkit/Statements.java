package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Every statement that nodes send to a database, as PostgreSQL itself logs them, from the beginning to the end of a watch. */
public final class Statements implements AutoCloseable {
    private static final Path LOG = TestRun.directory().resolve("postgresql/postgresql.log");

    private final Rows rows;
    private final String prefix;
    private final long begin;

    private Statements(TestPostgres.Database database) {
        rows = Rows.of(database);
        prefix = "asks " + database.name() + " as " + database.user() + ": ";
        rows.execute("alter system set log_line_prefix = 'asks %d as %u: '");
        rows.execute("alter system set log_statement = 'all'");
        reload("all");
        begin = size();
    }

    public static Statements of(TestPostgres.Database database) {
        return new Statements(database);
    }

    /** So far, one a line: of a long one its first. */
    public List<String> heard() {
        try (var log = Files.newInputStream(LOG)) {
            log.skipNBytes(begin);
            return new String(log.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(prefix))
                    .map(line -> line.substring(prefix.length()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        rows.execute("alter system reset log_statement");
        rows.execute("alter system reset log_line_prefix");
        reload("none");
    }

    private void reload(String expected) {
        rows.execute("select pg_reload_conf()");
        await().until(() -> rows.one("select current_setting('log_statement') as now")
                .get("now")
                .equals(expected));
    }

    private static long size() {
        try {
            return Files.size(LOG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
