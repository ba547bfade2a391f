package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Two PostgreSQL servers, one of them primary, under Debian's Patroni and etcd: the primary can be killed. */
public final class Patroni implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String PASSWORD = "the-password-of-all-roles";

    private final Path directory;
    private final Process etcd;
    private final List<Member> members = new ArrayList<>();

    private static final class Member {
        final String name;
        final int port = TestRun.freePort();
        final int rest = TestRun.freePort();
        final Path configuration;
        final Path data;
        Process process;

        Member(Path directory, String name) {
            this.name = name;
            configuration = directory.resolve(name + ".yml");
            data = directory.resolve(name);
        }
    }

    private Patroni() throws IOException {
        // Where the user who runs PostgreSQL, which does not run as root, may go.
        directory = Files.createTempDirectory(
                "holdfast-patroni", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        int client = TestRun.freePort();
        var url = "http://127.0.0.1:" + client;
        etcd = start(
                "etcd",
                List.of(
                        "etcd",
                        "--data-dir=" + directory.resolve("etcd"),
                        "--listen-client-urls=" + url,
                        "--advertise-client-urls=" + url,
                        "--listen-peer-urls=http://127.0.0.1:" + TestRun.freePort()));
        for (var name : List.of("a", "b")) {
            var member = new Member(directory, name);
            members.add(member);
            Files.writeString(member.configuration, configuration(member, client));
        }
        TestRun.atEnd(this::close);
        members.forEach(this::start);
        await().atMost(PATIENCE).ignoreExceptions().until(() -> primary().isPresent() && standby("replica"));
        prepare();
    }

    public static Patroni start() {
        try {
            return new Patroni();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether all of it is here: Debian's packages patroni, etcd-server and postgresql, and the right to be another user. */
    public static boolean isInstalled() {
        return System.getProperty("user.name").equals("root")
                && Stream.of("/usr/bin/patroni", "/usr/bin/etcd").allMatch(file -> Files.exists(Path.of(file)))
                && binaries().isPresent();
    }

    /** Whichever is primary. */
    public TestPostgres.Database database() {
        return new TestPostgres.Database("holdfast", url("holdfast"), "holdfast", PASSWORD);
    }

    /** Whether a commit waits until the standby has it too; returns when that is so. */
    public void synchronous(boolean synchronous) {
        Api.at(rest(primary().orElseThrow()))
                .unchecked()
                .send("PATCH", "/config", Map.of("synchronous_mode", synchronous))
                .expect(200);
        awaitStandby(synchronous);
    }

    /** kill -9 of the primary, with the Patroni that would start it again; returns when the standby has been promoted. */
    public void killPrimary() {
        var primary = primary().orElseThrow();
        primary.process.destroyForcibly();
        postmaster(primary).ifPresent(ProcessHandle::destroyForcibly);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> primary().filter(other -> other != primary).isPresent());
    }

    /** Starts what was killed; returns when it follows the primary. */
    public void rejoin(boolean synchronous) {
        members.stream().filter(member -> !member.process.isAlive()).forEach(this::start);
        awaitStandby(synchronous);
    }

    @Override
    public void close() {
        members.forEach(member -> {
            if (member.process != null) {
                member.process.destroyForcibly();
            }
            postmaster(member).ifPresent(ProcessHandle::destroyForcibly);
        });
        etcd.destroyForcibly();
        try (var files = Files.walk(directory)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // what PostgreSQL wrote last; the system clears its directory for such files
        }
    }

    private void awaitStandby(boolean synchronous) {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> standby(synchronous ? "sync_standby" : "replica"));
    }

    private boolean standby(String role) {
        return cluster()
                .valueStream()
                .anyMatch(member -> member.path("role").asText().equals(role)
                        && List.of("running", "streaming")
                                .contains(member.path("state").asText())
                        && member.path("lag").asLong(-1) == 0);
    }

    private Optional<Member> primary() {
        return cluster()
                .valueStream()
                .filter(member -> member.path("role").asText().equals("leader")
                        && member.path("state").asText().equals("running"))
                .findFirst()
                .map(leader -> members.stream()
                        .filter(member -> member.name.equals(leader.path("name").asText()))
                        .findFirst()
                        .orElseThrow());
    }

    /** As a member that lives sees it. */
    private JsonNode cluster() {
        var living = members.stream()
                .filter(member -> member.process.isAlive())
                .findFirst()
                .orElseThrow();
        return Api.at(rest(living)).unchecked().get("/cluster").json().path("members");
    }

    private static URI rest(Member member) {
        return URI.create("http://127.0.0.1:" + member.rest);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/%s?targetServerType=primary"
                .formatted(members.get(0).port, members.get(1).port, database);
    }

    private void start(Member member) {
        try {
            member.process = start(member.name, List.of("patroni", member.configuration.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the user that Debian's PostgreSQL runs as. */
    private Process start(String name, List<String> program) throws IOException {
        var command = new ArrayList<>(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        command.addAll(program);
        new ProcessBuilder("chown", "postgres", directory.toString())
                .start()
                .onExit()
                .join();
        return new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve(name + ".log").toFile()))
                .start();
    }

    private static Optional<ProcessHandle> postmaster(Member member) {
        try {
            var pid = Files.readAllLines(member.data.resolve("postmaster.pid"))
                    .get(0)
                    .strip();
            return ProcessHandle.of(Long.parseLong(pid))
                    .filter(process -> process.info().command().orElse("").endsWith("postgres"));
        } catch (IOException notThere) {
            return Optional.empty();
        }
    }

    private static Optional<Path> binaries() {
        var versions = Path.of("/usr/lib/postgresql");
        if (!Files.exists(versions)) {
            return Optional.empty();
        }
        try (var all = Files.list(versions)) {
            return all.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.exists(bin.resolve("postgres")))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void prepare() {
        try (var connection = DriverManager.getConnection(url("postgres"), "postgres", PASSWORD);
                var statement = connection.createStatement()) {
            statement.execute("create role holdfast login password '" + PASSWORD + "'");
            statement.execute("create role holdfast_app nologin; create role holdfast_everybody nologin;"
                    + " grant holdfast_app, holdfast_everybody to holdfast");
            statement.execute("create database holdfast owner holdfast");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private String configuration(Member member, int etcd) {
        return """
                scope: holdfast
                name: %1$s
                restapi: {listen: '127.0.0.1:%2$d', connect_address: '127.0.0.1:%2$d'}
                etcd3: {host: '127.0.0.1:%3$d'}
                bootstrap:
                  dcs:
                    ttl: 20
                    loop_wait: 2
                    retry_timeout: 5
                    postgresql:
                      use_pg_rewind: true
                      use_slots: true
                      parameters: {max_connections: 100, wal_log_hints: 'on', wal_keep_size: 512MB}
                  initdb: [encoding: UTF8, data-checksums]
                  pg_hba:
                    - host replication replicator 127.0.0.1/32 md5
                    - host all all 127.0.0.1/32 md5
                postgresql:
                  listen: 127.0.0.1:%4$d
                  connect_address: 127.0.0.1:%4$d
                  data_dir: %5$s
                  bin_dir: %6$s
                  pgpass: %5$s.pgpass
                  parameters: {unix_socket_directories: '%7$s', password_encryption: md5}
                  authentication:
                    superuser: {username: postgres, password: %8$s}
                    replication: {username: replicator, password: %8$s}
                    rewind: {username: rewinder, password: %8$s}
                """.formatted(
                        member.name,
                        member.rest,
                        etcd,
                        member.port,
                        member.data,
                        binaries().orElseThrow(),
                        directory,
                        PASSWORD);
    }
}
