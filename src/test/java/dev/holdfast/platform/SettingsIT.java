package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an administrator may say at the start, and what is made of it when nothing or nonsense is said. */
class SettingsIT {
    private static final int GATE = 4711;

    private final List<HoldfastServer> servers = new ArrayList<>();

    @AfterEach
    void end() {
        servers.forEach(HoldfastServer::kill);
    }

    @Test
    void aWrongValueStopsTheStartWithItsKeyItsValueAndWhatIsAllowed() throws IOException {
        var server = server("settings-wrong")
                .with("HOLDFAST_DB_URL", "jdbc:postgresql://nobody:a-secret-of-the-url@127.0.0.1:1/none")
                .with("HOLDFAST_DB_PASSWORD", "a-secret-of-the-database")
                .with("HOLDFAST_BOOTSTRAP_KEY", "a-secret-too-short")
                .with("HOLDFAST_RUN_KEY_TTL", "PT48H")
                .with("HOLDFAST_RUN_KEY_MAX_AGE", "P1D")
                .with("HOLDFAST_LIMITS_BODY_BYTES", "1MB")
                .with("HOLDFAST_NODE_NAME", "n".repeat(101))
                .with("HOLDFAST_RUN_KEY_TTLL", "PT1H")
                .startUnready();
        await().atMost(Duration.ofSeconds(90))
                .until(() -> everythingLogged(server).contains("does not start with"));

        var log = everythingLogged(server);
        assertThat(log)
                .contains("holdfast.limits.body.bytes = 1MB: must be 1024 to 67108864")
                .contains("holdfast.node.name = " + "n".repeat(101) + ": must be 1 to 100 characters")
                .contains("holdfast.run.key.ttl = PT48H: must not exceed holdfast.run.key.max.age = PT24H")
                .contains("holdfast.bootstrap.key (not shown): must be 32 to 200 printable")
                .contains("The setting HOLDFAST_RUN_KEY_TTLL is not known")
                .doesNotContain("a-secret");
        assertThat(log.lines().filter(line -> line.contains("is not known to Holdfast")))
                .as("of the names that are known none")
                .isNotEmpty()
                .allMatch(line -> line.contains("HOLDFAST_RUN_KEY_TTLL"));
        assertThat(server.isReady()).isFalse();
    }

    @Test
    void nodesThatStartAtOnceOnAnEmptyDatabaseMakeOneSchemaAndOneKey() throws Exception {
        var database = TestPostgres.shared().newDatabase();
        holdBackFirstKeys(database);
        var nodes = IntStream.range(0, 2)
                .mapToObj(i -> server("settings-" + i)
                        .on(database)
                        .with("HOLDFAST_DB_URL", database.url() + "?socketTimeout=0")
                        .with("HOLDFAST_DB_OPTIONS", "-c lock_timeout=0") // it is us who let them wait
                        // As a deployment template leaves them: set, and empty
                        .with("HOLDFAST_BOOTSTRAP_KEY", "")
                        .with("HOLDFAST_RUN_KEY_TTL", "")
                        .with("HOLDFAST_RUN_KEY_MAX_AGE", " ")
                        .with("HOLDFAST_LIMITS_BODY_BYTES", ""))
                .toList();
        for (var node : nodes) {
            Files.deleteIfExists(keyFile(node));
        }
        var rows = Rows.of(database);
        try (var gate = rows.transaction()) {
            gate.createStatement().execute("select pg_advisory_xact_lock(" + GATE + ")");
            nodes.forEach(HoldfastServer::startUnready);
            // Each has found that there is no key yet, and is about to write one.
            await().atMost(Duration.ofSeconds(120))
                    .until(() -> rows.count("select count(*) from pg_locks where locktype = 'advisory' and not granted"
                                    + " and objid = " + GATE)
                            == nodes.size());
        }
        nodes.forEach(HoldfastServer::awaitReady);

        assertThat(rows.count("select count(*) from schema_history where not success"))
                .isZero();
        assertThat(rows.count("select count(*) from tenants")).isEqualTo(1);
        assertThat(rows.count("select count(*) from api_keys")).isEqualTo(1);

        var keepers = nodes.stream().filter(node -> Files.exists(keyFile(node))).toList();
        assertThat(keepers).as("nodes with a key file").hasSize(1);
        var keeper = keepers.get(0);
        var key = Files.readString(keyFile(keeper)).strip();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile(keeper))))
                .isEqualTo("rw-------");
        awaitSaid(keeper, keyFile(keeper));
        assertThat(key).startsWith("hfs_");
        for (var node : nodes) {
            Api.at(node.uri()).withKey(key).submit("settings");
            assertThat(everythingLogged(node))
                    .doesNotContain(key)
                    .doesNotContain(database.password())
                    .doesNotContain("is not known to Holdfast");
        }

        keeper.restart();
        assertThat(rows.count("select count(*) from api_keys")).isEqualTo(1);
        assertThat(Files.readString(keyFile(keeper)).strip()).isEqualTo(key);
        Api.at(keeper.uri()).withKey(key).submit("settings");
        awaitSaid(keeper, keyFile(keeper));
        assertThat(everythingLogged(keeper)).doesNotContain(key);
    }

    /** Where the key lies is the last that a start says, a moment after it is ready. */
    private static void awaitSaid(HoldfastServer node, Path keyFile) {
        await().until(() -> node.log().contains(keyFile.toString()));
    }

    /** From the creation of its table on, each first insert of a key waits at the gate. */
    private static void holdBackFirstKeys(TestPostgres.Database database) throws SQLException {
        var postgres = TestPostgres.shared().process();
        try (var superuser = DriverManager.getConnection(
                        postgres.url(database.name()), postgres.superuser(), postgres.password());
                var statement = superuser.createStatement()) {
            statement.execute("""
                    create schema gate; -- apart: Flyway takes no schema that has something in it already
                    grant usage on schema gate to public;
                    create function gate.wait_at_gate() returns trigger language plpgsql as
                    $$ begin perform pg_advisory_xact_lock_shared(%1$d); return new; end $$;
                    create function gate.build_gate() returns event_trigger language plpgsql as
                    $$ begin
                        if exists (select from pg_event_trigger_ddl_commands() where object_identity = 'public.api_keys') then
                            create trigger gate before insert on api_keys for each row execute function gate.wait_at_gate();
                        end if;
                    end $$;
                    create event trigger gate on ddl_command_end when tag in ('CREATE TABLE')
                        execute function gate.build_gate()""".formatted(GATE));
        }
    }

    private HoldfastServer server(String name) {
        var server = HoldfastServer.named(name);
        servers.add(server);
        return server;
    }

    /** Where the data would lie if it lay here: whoever keeps the data keeps the key to it. */
    private static Path keyFile(HoldfastServer node) {
        return node.embeddedPostgres().resolveSibling("bootstrap.key");
    }

    /** The console, Liberty's own log, and its records of faults. */
    private static String everythingLogged(HoldfastServer server) throws IOException {
        var all = new StringBuilder(server.log());
        var messages =
                server.embeddedPostgres().resolve("../../logs/messages.log").normalize();
        if (Files.exists(messages)) {
            all.append(Files.readString(messages));
        }
        for (var record : server.faultRecords()) {
            all.append(Files.readString(record));
        }
        return all.toString();
    }
}
