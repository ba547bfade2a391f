package dev.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A PostgreSQL of Debian's packages with all of its tools, as administrators have one. Its user is not root, its shell is. */
public final class DebianPostgres implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Path directory;
    private final int port = TestRun.freePort();
    private Path data;

    private DebianPostgres(Path directory) {
        this.directory = directory;
        this.data = directory.resolve("data");
    }

    public static boolean isInstalled() {
        return Program.isRoot() && binaries().isPresent();
    }

    /** A new one that archives its log, with the roles and an empty database of Holdfast's. */
    public static DebianPostgres start() {
        try {
            // Where the user who runs PostgreSQL may go.
            var postgres = new DebianPostgres(Files.createTempDirectory(
                    "holdfast-postgres",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x"))));
            TestRun.atEnd(postgres::close);
            postgres.initialise();
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void initialise() {
        Program.run(PATIENCE, Map.of(), "chown", "postgres", directory.toString());
        sh(
                "initdb --pgdata=\"$PGDATA\" --auth=trust --encoding=UTF8 --locale=C.UTF-8 && mkdir archive && cat >> \"$PGDATA/postgresql.conf\" <<END\n"
                        + "unix_socket_directories = ''\nlisten_addresses = '127.0.0.1'\nport = " + port
                        + "\nwal_level = replica\narchive_mode = on\narchive_command = 'cp %p " + directory
                        + "/archive/%f'\nEND\n");
        up();
        sh(
                "psql --no-psqlrc --set=ON_ERROR_STOP=1 postgres <<END\n"
                        + "create role holdfast login; create role holdfast_app; create role holdfast_everybody;\n"
                        + "grant holdfast_app, holdfast_everybody to holdfast; create database holdfast owner holdfast;\nEND\n");
    }

    public void up() {
        sh("pg_ctl start --wait --silent --timeout=120 --log=\"$PGDATA.log\"");
    }

    public void down() {
        sh("pg_ctl stop --mode=fast --wait --silent");
    }

    /** From now on its data are there. */
    public void moveTo(String name) {
        data = directory.resolve(name);
    }

    public TestPostgres.Database database(String name) {
        return new TestPostgres.Database(
                name, "jdbc:postgresql://127.0.0.1:" + port + "/" + name, "holdfast", "unused");
    }

    /** Runs a script of bash as the user who runs PostgreSQL, in a directory of its own. @return what it said */
    public String sh(String script) {
        return shAs("postgres", script);
    }

    /** The same for a client that comes as this role. */
    public String shAs(String role, String script) {
        var environment = new HashMap<String, String>();
        environment.put("PATH", binaries().orElseThrow() + ":" + System.getenv("PATH"));
        environment.put("PGHOST", "127.0.0.1");
        environment.put("PGPORT", Integer.toString(port));
        environment.put("PGUSER", role);
        environment.put("PGDATA", data.toString());
        environment.put("ARCHIVE", directory.resolve("archive").toString());
        var command = new ArrayList<>(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        command.addAll(List.of("bash", "-ec", "cd '" + directory + "'; " + script));
        return Program.run(PATIENCE, environment, command.toArray(String[]::new));
    }

    @Override
    public void close() {
        if (Files.exists(directory)) {
            try {
                down();
            } catch (IllegalStateException notUp) {
                // as is wanted
            }
            try (var files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Optional<Path> binaries() {
        try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.exists(bin.resolve("initdb")))
                    .max(Comparator.naturalOrder());
        } catch (IOException none) {
            return Optional.empty();
        }
    }
}
