package dev.holdfast.platform.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.util.PSQLException;

/** Real binaries, real kills. */
class EmbeddedPostgresTest {
    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private EmbeddedPostgres postgres;

    @BeforeEach
    void start() throws IOException {
        postgres = EmbeddedPostgres.start(directory, shared);
    }

    @AfterEach
    void stop() {
        if (postgres != null) {
            postgres.stop();
        }
    }

    @Test
    void everyAnsweredCommitSurvivesAKillOfThePostmaster() throws Exception {
        execute("create table commits (n int primary key)");
        AtomicInteger answered = new AtomicInteger();
        Thread writer = new Thread(() -> {
            try (Connection connection = connect()) {
                try (var insert = connection.prepareStatement("insert into commits values (?)")) {
                    for (int n = 1; ; n++) {
                        insert.setInt(1, n);
                        insert.executeUpdate();
                        answered.set(n);
                    }
                }
            } catch (SQLException killed) {
                // As it should be.
            }
        });
        writer.start();
        await().until(() -> answered.get() >= 100);

        postgres.kill();
        writer.join();
        assertThat(postgres.isRunning()).isFalse();
        int port = postgres.port();
        postgres.restart();

        // One more than answered is the commit whose answer the kill cut off.
        assertThat(Integer.parseInt(query("select count(*) from commits")))
                .isBetween(answered.get(), answered.get() + 1);
        assertThat(postgres.port()).isEqualTo(port);
    }

    @Test
    void dataPasswordAndPortAreKeptOverStopAndStart() throws Exception {
        execute("create table kept (word text)");
        execute("insert into kept values ('Blåbärsøl')");
        String url = postgres.url();
        String password = postgres.password();

        postgres.stop();
        assertThat(directory.resolve("data/postmaster.pid")).doesNotExist();
        postgres = EmbeddedPostgres.start(directory, shared);

        assertThat(postgres.url()).isEqualTo(url);
        assertThat(postgres.password()).isEqualTo(password);
        assertThat(query("select word from kept")).isEqualTo("Blåbärsøl");
    }

    @Test
    void durabilityCannotBeSwitchedOffByAlterSystem() throws Exception {
        asSuperuser("alter system set synchronous_commit = off");
        asSuperuser("alter system set fsync = off");
        postgres.stop();
        postgres = EmbeddedPostgres.start(directory, shared);

        assertThat(query("show synchronous_commit")).isEqualTo("on");
        assertThat(query("show fsync")).isEqualTo("on");
        assertThat(query("show full_page_writes")).isEqualTo("on");
        assertThat(query("show data_checksums")).isEqualTo("on");
        assertThat(query("show listen_addresses")).isEqualTo("127.0.0.1");
    }

    @Test
    void onlyThePasswordLetsIn() throws Exception {
        for (String role : List.of(postgres.user(), postgres.superuser())) {
            for (String wrong : List.of("wrong", "")) {
                assertThatThrownBy(() -> DriverManager.getConnection(postgres.url(), role, wrong))
                        .isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                                .isIn("28P01", "08004"));
            }
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("password"))))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                .isEqualTo("rwx------");
        assertThat(query("select rolsuper from pg_roles where rolname = current_user"))
                .isEqualTo("f");
    }

    @Test
    void refusesASecondServerOnItsDirectoryInThisJvmAndInAnother() throws Exception {
        assertThatThrownBy(() -> EmbeddedPostgres.start(directory, shared))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Another Holdfast server is running on " + directory);

        // The refused attempt in this JVM must not have given the lock away.
        Process other = startInAnotherJvm();
        assertThat(new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("Another Holdfast server is running on " + directory);
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    void endsThePostgresThatAKilledJvmHasLeftOver() throws Exception {
        postgres.stop();
        Process other = startInAnotherJvm();
        assertThat(other.inputReader().readLine()).isEqualTo("started");
        long leftOver = Postmaster.of(directory.toRealPath().resolve("data"))
                .orElseThrow()
                .pid();
        other.destroyForcibly().waitFor();
        assertThat(ProcessHandle.of(leftOver)).get().matches(ProcessHandle::isAlive);

        postgres = EmbeddedPostgres.start(directory, shared);

        assertThat(postgres.pid()).get().isNotEqualTo(leftOver);
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    void isNotMisledByAPidThatAnotherProcessHasNow() throws Exception {
        postgres.kill();
        Path pidFile = directory.resolve("data/postmaster.pid");
        String[] lines = Files.readString(pidFile).split("\n", 2);
        Files.writeString(pidFile, ProcessHandle.current().pid() + "\n" + lines[1]);

        assertThat(postgres.isRunning()).isFalse();
        postgres.restart();

        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    void refusesTheDataOfAnotherMajorVersionAndLeavesItAlone() throws Exception {
        postgres.stop();
        Path version = directory.resolve("data/PG_VERSION");
        Files.writeString(version, "15\n");

        assertThatThrownBy(() -> EmbeddedPostgres.start(directory, shared))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is of PostgreSQL 15, and this Holdfast brings PostgreSQL 18");

        Files.writeString(version, "18\n");
        postgres = EmbeddedPostgres.start(directory, shared);
        assertThat(query("select 1")).isEqualTo("1");
    }

    @Test
    void aStatementThatFailsLeavesNoPayloadInTheLog() throws Exception {
        execute("create table secrets (word text check (word <> 'payload-4711'))");
        assertThatThrownBy(() -> execute("insert into secrets values ('payload-4711')"))
                .isInstanceOf(PSQLException.class);

        assertThat(directory.resolve("postgresql.log")).content().doesNotContain("4711");
    }

    /** Run by {@link #startInAnotherJvm}: starts on the directory, says so, and stays until it is killed. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            EmbeddedPostgres.start(Path.of(arguments[0]), Path.of(arguments[1]));
            System.out.println("started");
            Thread.currentThread().join();
        } catch (IOException refused) {
            System.out.println(refused.getMessage());
        }
    }

    private Process startInAnotherJvm() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        EmbeddedPostgresTest.class.getName(),
                        directory.toString(),
                        shared.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(postgres.url(), postgres.user(), postgres.password());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect()) {
            connection.createStatement().execute(sql);
        }
    }

    private void asSuperuser(String sql) throws SQLException {
        try (Connection connection =
                DriverManager.getConnection(postgres.url(), postgres.superuser(), postgres.password())) {
            connection.createStatement().execute(sql);
        }
    }

    private String query(String sql) throws SQLException {
        try (Connection connection = connect();
                var rows = connection.createStatement().executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
