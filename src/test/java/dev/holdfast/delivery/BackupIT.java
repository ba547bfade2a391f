package dev.holdfast.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.DebianPostgres;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Program;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code backup.md} says is done, with its own commands; and after it the promises hold. */
@Tag("chaos")
class BackupIT {
    private static final String PASSWORD = "of-the-administrator";

    private final List<AutoCloseable> started = new ArrayList<>();

    @TempDir
    Path files;

    private String queued;
    private String completed;
    private String approval;
    private Claimed inFlight;
    private final List<Claimed> late = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        for (var one : started) {
            one.close();
        }
    }

    @Test
    void aDumpRestoresAllThatWasPromised() throws IOException {
        var postgres = debian();
        var node = on(postgres.database("holdfast"), "backup-dump").start();
        past(node, Rows.of(postgres.database("holdfast")));
        assertThatThrownBy(() -> postgres.shAs("holdfast", command("dump")))
                .as("not of what the owner sees")
                .hasMessageContaining("row-level security");
        postgres.sh(command("dump"));
        since(node);
        node.stop();

        postgres.sh(command("restore-dump"));
        var restored = postgres.database("holdfast_restored");
        all(on(restored, "backup-dump").with("HOLDFAST_RESTORED", "a-dump").start(), Rows.of(restored));
    }

    @Test
    void aMomentBetweenBackupsIsComeBackTo() throws IOException {
        var postgres = debian();
        var database = postgres.database("holdfast");
        var node = on(database, "backup-base").start();
        postgres.sh(command("base"));
        past(node, Rows.of(database));
        var until = Rows.of(database)
                .one("select cast(clock_timestamp() as text) as now")
                .get("now");
        since(node);
        node.stop();
        postgres.sh("psql --no-psqlrc --command='select pg_switch_wal()' postgres");
        postgres.down();

        postgres.moveTo("restored");
        postgres.sh("UNTIL='" + until + "'\n" + command("restore-base"));
        postgres.up();
        await().atMost(Duration.ofMinutes(2)).until(() -> postgres.sh(
                        "psql --no-psqlrc --tuples-only --command='select pg_is_in_recovery()' postgres")
                .strip()
                .equals("f"));
        all(on(database, "backup-base").with("HOLDFAST_RESTORED", "a-moment").start(), Rows.of(database));
    }

    @Test
    void aCopyOfTheEmbeddedOnesDirectoryIsABackup() throws IOException {
        var node = server("backup-embedded");
        var data = node.embeddedPostgres();
        copy(files.resolve("nothing"), data); // what an earlier run of this test has left
        node.start();
        past(node, null);
        node.stop();
        var copy = files.resolve("copy");
        copy(data, copy);
        node.start();
        since(node);
        node.stop();

        copy(copy, data);
        all(node.with("HOLDFAST_RESTORED", "a-copy").start(), null);
    }

    /** One of each that has to be there again. */
    private void past(HoldfastServer node, Rows rows) {
        var api = api(node);
        completed = submit(api, "done");
        api.complete(claim(api, "done")).expect(200);
        submit(api, "asks");
        approval = api.ask(claim(api, "asks"), Api.QUESTION)
                .expect(201)
                .json()
                .path("id")
                .asText();
        submit(api, "in-flight");
        inFlight = claim(api, "in-flight");
        queued = submit(api, "queued");
        if (rows != null) {
            rows.change("update events set at = at - interval 'PT5M'");
            await().atMost(Duration.ofMinutes(1)).until(() -> rows.count("select count(*) from seals") > 0);
        }
    }

    /** What is to be undone, and what goes on as if it was not. */
    private void since(HoldfastServer node) {
        var api = api(node);
        var owner = inFlight;
        for (int i = 0; i < 2; i++) {
            late.add(owner);
            api.asOwner(owner, "release", Map.of()).expect(200);
            owner = claim(api, "in-flight");
        }
        late.add(owner);
        api.complete(claim(api, "queued")).expect(200);
        decide(node);
    }

    private void all(HoldfastServer node, Rows rows) throws IOException {
        var api = api(node);
        assertThat(node.log()).contains("The database was restored");
        var swept = api.post("/api/v1/sweeps", Map.of("phases", List.of("leases"), "cutoff", "PT0S"))
                .expect(200)
                .json();
        assertThat(swept.path("cleanedUp").asInt()).isEqualTo(1);

        // The next owner's fence is none that was given before, and nobody of before can write.
        var next = claim(api, "in-flight");
        assertThat(next.runId()).isEqualTo(inFlight.runId());
        assertThat(next.fence()).isGreaterThan(late.get(late.size() - 1).fence() + 1);
        for (var former : late) {
            for (var key : List.of(Cluster.BOOTSTRAP_KEY, former.runKey())) {
                assertThat(api.withKey(key)
                                .post("/api/v1/runs/" + former.runId() + "/complete", Map.of("fence", former.fence()))
                                .status())
                        .as("fence %d by %s", former.fence(), key)
                        .isIn(401, 409);
            }
        }
        api.complete(next).expect(200);

        assertThat(api.run(completed).path("state").asText()).isEqualTo("completed");
        assertThat(submit(api, "queued")).as("the same key is the same run").isEqualTo(queued);
        api.complete(claim(api, "queued")).expect(200);
        decide(node);

        node.restart();
        assertThat(node.log()).as("once a word").doesNotContain("The database was restored");
        if (rows != null) {
            rows.assertInvariants();
            rows.change("update events set at = at - interval 'PT5M' where at > now() - interval 'PT4M'");
            var newest = rows.count("select max(transaction) from events");
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> rows.count("select coalesce(max(last_transaction), 0) from seals") >= newest);
            assertThat(checked(api)).startsWith("All is as it was sealed");
        }
    }

    private String checked(Api api) throws IOException {
        var command = new ArrayList<>(
                List.of("java", "-cp", System.getProperty("java.class.path"), "dev.holdfast.audit.CheckExport"));
        for (var what : List.of("seals", "events")) {
            var page = api.unchecked()
                    .get("/api/v1/" + what + "?after=0&limit=500")
                    .expect(200);
            assertThat(page.json().has("nextCursor")).isFalse();
            command.add(Files.writeString(files.resolve(what + ".json"), page.text())
                    .toString());
        }
        return Program.run(Duration.ofMinutes(1), Map.of(), command.toArray(String[]::new));
    }

    private static String submit(Api api, String name) {
        return api.with("Idempotency-Key", name)
                .post("/api/v1/runs", Map.of("lane", name, "subject", name))
                .json()
                .path("id")
                .asText();
    }

    /** Waits: what was taken from a former owner is free after the lane's backoff. */
    private static Claimed claim(Api api, String lane) {
        var wanted = Map.of("workerId", "worker", "lanes", List.of(lane), "wait", "PT30S");
        return Claimed.of(api.post("/api/v1/claims", wanted)
                .expect(200)
                .json()
                .path("claims")
                .path(0));
    }

    /** Whoever asked or claimed does not decide. */
    private void decide(HoldfastServer node) {
        Api.at(node.uri())
                .withLogin("administrator", PASSWORD)
                .decide(approval, true)
                .expect(200);
    }

    private static Api api(HoldfastServer node) {
        return Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    }

    private DebianPostgres debian() {
        assumeTrue(DebianPostgres.isInstalled(), "Debian's postgresql is not installed, or not root");
        var postgres = DebianPostgres.start();
        started.add(postgres);
        return postgres;
    }

    private HoldfastServer on(TestPostgres.Database database, String name) {
        return server(name).on(database);
    }

    private HoldfastServer server(String name) {
        var server = HoldfastServer.named(name)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .with("HOLDFAST_ADMIN_PASSWORD", PASSWORD);
        started.add(0, server);
        return server;
    }

    private static void copy(Path from, Path to) {
        var minutes = Duration.ofMinutes(2);
        Program.run(minutes, Map.of(), "rm", "-rf", to.toString());
        if (Files.exists(from)) {
            Program.run(minutes, Map.of(), "cp", "-a", from.toString(), to.toString());
        }
    }

    /** The block of the page that stands below this mark. */
    private static String command(String mark) throws IOException {
        var block = Pattern.compile("<!-- " + mark + " -->\n```bash\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("src/site/markdown/backup.md")));
        assertThat(block.find()).as(mark).isTrue();
        return block.group(1);
    }
}
