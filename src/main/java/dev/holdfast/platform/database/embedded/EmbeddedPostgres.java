package dev.holdfast.platform.database.embedded;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.postgresql.PGConnection;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL process that belongs to this JVM, with its data in a directory that outlives both. */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(EmbeddedPostgres.class.getName());

    private static final String SUPERUSER = "postgres";
    private static final String OWNER = "holdfast";

    /** That the owner of the tables takes on to serve requests, and to do what is done for all tenants. */
    private static final List<String> ROLES = List.of("holdfast_app", "holdfast_everybody");

    /** Crash recovery replays up to max_wal_size (1 GB); a slow disk needs its time for that. */
    private static final Duration START = Duration.ofSeconds(120);

    private static final Duration STOP = Duration.ofSeconds(60);
    private static final Duration INITDB = Duration.ofSeconds(120);

    /** On the command line, so that neither postgresql.conf nor ALTER SYSTEM can take them away. */
    private static final List<String> PINNED = List.of(
            "fsync=on",
            "full_page_writes=on",
            "synchronous_commit=on",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "password_encryption=scram-sha-256");

    private final DataDirectory directory;
    private final PostgresBinaries binaries;
    private final String password;
    private int port;

    private EmbeddedPostgres(DataDirectory directory, PostgresBinaries binaries, String password) {
        this.directory = directory;
        this.binaries = binaries;
        this.password = password;
    }

    /**
     * Starts PostgreSQL on the data in {@code directory}, which is made when it does not exist.
     *
     * @throws IOException with a message for the operator: directory in use, data of another major version,
     *     PostgreSQL did not come up
     */
    public static EmbeddedPostgres start(Path directory) throws IOException {
        return start(directory, directory);
    }

    /** As {@link #start(Path)}, with the unpacked binaries kept in a directory that several share (60 MB each). */
    public static EmbeddedPostgres start(Path directory, Path binariesParent) throws IOException {
        DataDirectory owned = DataDirectory.own(directory);
        try {
            PostgresBinaries binaries = PostgresBinaries.unpackedIn(binariesParent);
            owned.refuseOtherMajor(binaries.majorVersion());
            EmbeddedPostgres postgres = new EmbeddedPostgres(owned, binaries, owned.password());
            postgres.initialise();
            postgres.launch();
            if (binariesParent.equals(directory)) {
                binaries.removeOthers();
            }
            return postgres;
        } catch (IOException | RuntimeException e) {
            owned.disown();
            throw e;
        }
    }

    /** For Holdfast's own role, which owns its database and is no superuser. */
    public String url() {
        return url(OWNER);
    }

    public String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    public String user() {
        return OWNER;
    }

    public String superuser() {
        return SUPERUSER;
    }

    /** Of both roles. */
    public String password() {
        return password;
    }

    public int port() {
        return port;
    }

    /** Of the postmaster; empty when it does not run. */
    public Optional<Long> pid() {
        return Postmaster.of(directory.data()).map(Postmaster::pid);
    }

    public boolean isRunning() {
        return pid().isPresent();
    }

    /** Starts a PostgreSQL that has died or was killed, in the same directory and by preference on the same port. */
    public void restart() throws IOException {
        launch();
    }

    /** Ends PostgreSQL cleanly, sessions included, and gives the directory free. Does nothing when called again. */
    public void stop() {
        if (!directory.isOwned()) {
            return;
        }
        try {
            end();
        } catch (IOException e) {
            LOG.log(WARNING, "HLDF0903W: {0}", e.getMessage());
        } finally {
            directory.disown();
        }
    }

    @Override
    public void close() {
        stop();
    }

    /** kill -9 of the postmaster, for tests of what survives it; the directory stays owned. */
    public void kill() {
        Postmaster.of(directory.data()).ifPresent(Postmaster::kill);
    }

    private void initialise() throws IOException {
        if (directory.hasData()) {
            return;
        }
        Path fresh = directory.freshData();
        PostgresCommand.of(binaries.program("initdb"))
                .arguments("--pgdata=" + fresh, "--username=" + SUPERUSER, "--pwfile=" + directory.passwordFile())
                .arguments("--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums", "--no-instructions")
                // Code point order on every machine; C.UTF-8 is PostgreSQL's own and knows Unicode's letters.
                .arguments("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
                .run(INITDB)
                .orThrow("PostgreSQL could not make a new cluster in " + fresh);
        // Only a whole cluster gets the name: an initdb cut off half-way is done again.
        directory.adoptFreshData();
    }

    private void launch() throws IOException {
        end();
        directory.writeConfiguration();
        Path log = directory.rolledLog();
        port = freePort();
        StringBuilder options = new StringBuilder("-c port=" + port);
        PINNED.forEach(setting -> options.append(" -c ").append(setting));
        long began = System.nanoTime();
        PostgresCommand start = PostgresCommand.of(binaries.program("pg_ctl"))
                .arguments("start", "--wait", "--silent", "--timeout=" + START.toSeconds())
                .arguments("--pgdata=" + directory.data(), "--log=" + log, "--options=" + options);
        PostgresCommand.Result result = start.run(START.plusSeconds(10));
        while (!result.ok()
                && directory.lastOfLog().contains("is still in use")
                && System.nanoTime() - began < STOP.toNanos()) {
            // Sessions orphaned by a kill -9 of the postmaster are about to notice and go.
            pause();
            result = start.run(START.plusSeconds(10));
        }
        if (!result.ok()) {
            result.orThrow("PostgreSQL did not come up (it had " + START.toSeconds() + " s); its log, " + log
                    + ", ends: " + directory.lastOfLog());
        }
        directory.rememberPort(port);
        makeRoleAndDatabase();
        LOG.log(
                INFO,
                "HLDF0901I: Embedded PostgreSQL {0} on 127.0.0.1:{1,number,#} after {2} ms; data in {3}",
                binaries.majorVersion(),
                port,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began),
                directory.data());
    }

    /** Ends what runs on our data: our own PostgreSQL, or one that a killed JVM has left over. */
    private void end() throws IOException {
        if (Postmaster.of(directory.data()).isEmpty()) {
            Postmaster.forget(directory.data());
            return;
        }
        PostgresCommand.of(binaries.program("pg_ctl"))
                .arguments("stop", "--mode=fast", "--wait", "--silent", "--timeout=" + STOP.toSeconds())
                .arguments("--pgdata=" + directory.data())
                .run(STOP.plusSeconds(10))
                .orThrow("The PostgreSQL that runs on " + directory.data() + " did not stop within " + STOP.toSeconds()
                        + " s; its log is " + directory.log());
    }

    private void makeRoleAndDatabase() throws IOException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url("postgres"));
        try (Connection connection = source.getConnection(SUPERUSER, password);
                var statement = connection.createStatement()) {
            if (!statement
                    .executeQuery("select from pg_roles where rolname = 'holdfast'")
                    .next()) {
                statement.execute("create role holdfast nologin");
                statement.execute("grant pg_monitor to holdfast");
            }
            for (String role : ROLES) {
                if (!statement
                        .executeQuery("select from pg_roles where rolname = '" + role + "'")
                        .next()) {
                    statement.execute("create role " + role + " nologin");
                    statement.execute("grant " + role + " to holdfast");
                }
            }
            if (!statement
                    .executeQuery("select from pg_database where datname = 'holdfast'")
                    .next()) {
                statement.execute("create database holdfast owner holdfast");
                // Sent as a scram hash; log in last, so that a role that can is a finished one.
                connection.unwrap(PGConnection.class).alterUserPassword(OWNER, password.toCharArray(), "scram-sha-256");
                statement.execute("alter role holdfast login");
            }
        } catch (SQLException e) {
            throw new IOException(
                    "PostgreSQL runs on " + directory.data() + " but does not let Holdfast in: " + e.getMessage()
                            + ". Was " + directory.passwordFile() + " changed or lost?",
                    e);
        }
    }

    private int freePort() throws IOException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        Optional<Integer> last = directory.lastPort();
        if (last.isPresent()) {
            try (ServerSocket probe = new ServerSocket(last.get(), 1, loopback)) {
                return probe.getLocalPort();
            } catch (IOException e) {
                LOG.log(INFO, "HLDF0902I: Port {0,number,#} of the last start is taken; choosing another.", last.get());
            }
        }
        try (ServerSocket any = new ServerSocket(0, 1, loopback)) {
            return any.getLocalPort();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while PostgreSQL starts", e);
        }
    }
}
