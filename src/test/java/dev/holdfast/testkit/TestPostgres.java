package dev.holdfast.testkit;

import dev.holdfast.platform.database.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** One real PostgreSQL for all tests of this JVM; each asks for databases of its own. */
public final class TestPostgres {
    /** Not UTC, and off by half an hour, so that a rule that trusts the session's time zone fails its test. */
    public static final String TIME_ZONE = "Asia/Kolkata";

    /** Whom no row-level security binds; has the password of Holdfast's own role. */
    private static final String SUPERUSER = "postgres";

    /** Of nodes by the dozen, whose pools keep what they once needed, and of tests that look behind their backs. */
    private static final int CONNECTIONS = 400;

    private static TestPostgres shared;

    private final EmbeddedPostgres postgres;
    private final AtomicInteger databases = new AtomicInteger();

    private TestPostgres(EmbeddedPostgres postgres) {
        this.postgres = postgres;
    }

    public static synchronized TestPostgres shared() {
        if (shared == null) {
            try {
                TestPostgres started = new TestPostgres(
                        EmbeddedPostgres.start(TestRun.directory().resolve("postgresql")));
                TestRun.atEnd(started.postgres::stop);
                started.allowManyConnections();
                started.prepare();
                shared = started;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return shared;
    }

    /** For faults: kill it, restart it. Only where no other test runs beside. */
    public EmbeddedPostgres process() {
        return postgres;
    }

    /** Empty, owned by Holdfast's own role. */
    public Database newDatabase() {
        String name = "test_" + databases.incrementAndGet();
        asSuperuser("create database " + name + " owner " + postgres.user());
        return new Database(name, postgres.url(name), postgres.user(), postgres.password());
    }

    public void drop(Database database) {
        asSuperuser("drop database if exists " + database.name() + " with (force)");
    }

    private void allowManyConnections() throws IOException {
        asSuperuser("alter system set max_connections = " + CONNECTIONS);
        postgres.restart();
    }

    private void prepare() {
        for (String role : List.of(postgres.user(), SUPERUSER)) {
            asSuperuser("alter role " + role + " set timezone = '" + TIME_ZONE + "'");
        }
        List<String> leftOver = new ArrayList<>();
        try (Connection connection = superuser();
                var rows = connection
                        .createStatement()
                        .executeQuery("select datname from pg_database where datname like 'test\\_%'")) {
            while (rows.next()) {
                leftOver.add(rows.getString(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        leftOver.forEach(name -> asSuperuser("drop database " + name + " with (force)"));
    }

    private void asSuperuser(String sql) {
        try (Connection connection = superuser();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private Connection superuser() throws SQLException {
        return DriverManager.getConnection(postgres.url("postgres"), postgres.superuser(), postgres.password());
    }

    /** What a server needs to know of its database, and a test to look behind its back: over all walls between tenants. */
    public record Database(String name, String url, String user, String password) {
        public Connection connect() throws SQLException {
            return DriverManager.getConnection(url, SUPERUSER, password);
        }

        @Override
        public String toString() {
            return url;
        }
    }
}
