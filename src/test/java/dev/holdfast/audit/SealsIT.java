package dev.holdfast.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A changed past shows, and is called by its name, with nothing at hand but what was exported. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SealsIT {
    private static final Duration TWO_TICKS = Duration.ofSeconds(20);
    private static final String NO_SEALING = "select pg_advisory_xact_lock(hashtext('holdfast.seals'))";

    private final Rows rows = Rows.ofCluster();
    private final Tenant quiet = newTenant();
    private final Tenant changed = newTenant();
    private final Tenant remade = newTenant();
    private final Tenant shrunk = newTenant();
    private final Map<Tenant, String> firstRuns = new HashMap<>();
    private Tenant tenant; // whose export is checked

    @TempDir
    Path files;

    /** Each of these has three sealed minutes; so that the timer is waited for once. */
    @BeforeAll
    void sealSomePasts() {
        var tenants = List.of(quiet, changed, remade, shrunk);
        try (var nobodySeals = HeldLock.by(rows, NO_SEALING)) {
            tenants.forEach(one -> firstRuns.put(one, threeMinutes(one)));
        }
        await().atMost(TWO_TICKS).until(() -> tenants.stream().allMatch(one -> sealedEvents(one) == 8));
    }

    /** What was spoilt here would be found by whoever looks at all runs after this. */
    @AfterAll
    void takeAwayWhatIsSpoilt() {
        for (var spoilt : List.of(changed, remade, shrunk)) {
            for (var table : List.of("verdicts", "leases", "events", "runs")) {
                rows.change("delete from " + table + " where tenant_id = ?", spoilt.id());
            }
        }
    }

    @BeforeEach
    void somebodyNew() {
        tenant = newTenant();
    }

    @Test
    void whateverIsChangedInTheDatabaseIsNamed() throws IOException {
        var run = pastOf(changed);
        var whole = checked();
        assertThat(whole).startsWith("All is as it was sealed: tenant " + tenant.id() + ", seals 1 to 3, 8 events.");
        rows.change("create temp table kept_events as select * from events where tenant_id = ?", tenant.id());
        rows.change("create temp table kept_seals as select * from seals where tenant_id = ?", tenant.id());

        var second = event(run, 2);
        for (var change : List.of(
                "type = 'started'",
                "at = at - interval 'PT0.000001S'",
                "actor_kind = 'operator'",
                "actor_id = 'somebody'",
                "from_state = null",
                "to_state = 'running'",
                "fence = 7",
                "reason = 'none'",
                "data = '{\"n\": 9007199254740992}'",
                "correlation_id = 'other'",
                "transaction = transaction - 1")) {
            change(" where seq = 2", "update events set " + change, run);
            assertThat(firstFault()).as(change).isEqualTo(minute(1) + second + " was altered");
        }
        change(" where seq = 2", "delete from events", run);
        assertThat(firstFault()).isEqualTo(minute(1) + second + " is missing");

        change(" where seq = 3", "update events set seq = 9", run);
        assertThat(firstFault()).isEqualTo(minute(1) + event(run, 3) + " is missing");

        restore();
        rows.change("""
                insert into events (tenant_id, run_id, seq, type, at, actor_kind, fence, transaction)
                select tenant_id, run_id, 9, 'started', at, actor_kind, fence, transaction from events
                where run_id = cast(? as uuid) and seq = 1""", run);
        assertThat(firstFault()).isEqualTo(minute(1) + event(run, 9) + " was added");

        restore();
        rows.change("update events set seq = 5 - seq + 100 where run_id = cast(? as uuid) and seq in (2, 3)", run);
        rows.change("update events set seq = seq - 100 where run_id = cast(? as uuid) and seq > 100", run);
        assertThat(firstFault()).as("two swapped").isEqualTo(minute(1) + second + " was altered");

        restore();
        rows.change(
                "update events set data = '{\"lane\":\"other\"}' where tenant_id = ? and run_id = ?",
                tenant.id(),
                tenant.id());
        assertThat(firstFault()).isEqualTo(minute(1) + "the tenant's own event 0000000001 was altered");

        for (var change : List.of(
                "minute = minute + interval 'PT1M'",
                "first_transaction = first_transaction - 1",
                "last_transaction = last_transaction + 1",
                "leaves = set_byte(leaves, 30, get_byte(leaves, 30) # 1)",
                "root = sha256(root)",
                "hash = sha256(hash)")) {
            restore();
            rows.change("update seals set " + change + " where tenant_id = ? and number = 2", tenant.id());
            assertThat(firstFault())
                    .as(change)
                    .startsWith("tenant " + tenant.id() + ", minute ")
                    .endsWith("seal 2: the seal itself was altered");
        }
        restore();
        rows.change("delete from seals where tenant_id = ? and number = 2", tenant.id());
        assertThat(firstFault()).isEqualTo(minute(3) + "the seals before it, from 2 on, are missing");

        restore();
        assertThat(checked()).isEqualTo(whole);
    }

    @Test
    void aChainThatWasMadeAnewIsShownByAHashKeptElsewhere() throws IOException {
        var run = pastOf(remade);
        var kept = seals().get(0).path("hash").asText();
        assertThat(checked(kept)).startsWith("All is as it was sealed").contains("has the hash " + kept);

        rows.change("update events set actor_id = 'nobody' where run_id = cast(? as uuid) and seq = 2", run);
        rows.change("delete from seals where tenant_id = ?", tenant.id());
        await().atMost(TWO_TICKS).until(() -> seals().size() == 3);

        assertThat(checked()).startsWith("All is as it was sealed");
        assertThat(firstFault(kept)).isEqualTo("no seal has the hash " + kept + ": the chain was cut off or replaced");
    }

    /** Nothing but the jars of the WAR and two files. */
    @Test
    void theCheckRunsByItself() throws Exception {
        pastOf(quiet);
        export();
        var war = Path.of("target/holdfast/WEB-INF").toAbsolutePath();
        var check = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        war.resolve("classes") + ":" + war.resolve("lib") + "/*",
                        "dev.holdfast.audit.CheckExport",
                        "seals.json",
                        "events.json")
                .directory(files.toFile())
                .redirectErrorStream(true)
                .start();
        assertThat(check.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("All is as it was sealed");
        assertThat(check.exitValue()).isZero();
    }

    @Test
    void whatRetentionRemovedIsToldFromWhatSomebodyTook() throws IOException {
        var removed = pastOf(shrunk);
        rows.change("update runs set ended_at = ended_at - interval 'P40D' where id = cast(? as uuid)", removed);
        tenant.sweep(Map.of("phases", List.of("retention")));
        assertThat(rows.count("select count(*) from events where run_id = cast(? as uuid)", removed))
                .isZero();
        await().until(() -> tenant.api()
                        .get("/api/v1/events?type=runs_removed")
                        .expect(200)
                        .json()
                        .path("items")
                        .size()
                == 1);

        assertThat(checked())
                .contains("Of runs that retention has removed since: 4.")
                .contains("Not sealed yet: 2.");

        var other = rows.one(
                "delete from events where tenant_id = ? and type = 'submitted' and transaction = (select max(transaction) from events where tenant_id = ? and type = 'submitted') returning run_id",
                tenant.id(),
                tenant.id());
        assertThat(firstFault()).isEqualTo(minute(3) + event(other.get("run_id").toString(), 1) + " is missing");
    }

    @Test
    void aMinuteIsNotSealedWhileATransactionOfItIsHeldOpen() throws Exception {
        var before = Tenant.newOn(Cluster.node(1), rows);
        Claimed slow;
        try (var nobodySeals = HeldLock.by(rows, NO_SEALING);
                var transaction = rows.transaction()) {
            before.api().submit("before");
            slow = tenant.claimed("held");
            ago(before, "PT5M");
            ago(tenant, "PT5M");
            try (var statement = transaction.createStatement()) {
                statement.execute("update runs set event_count = event_count + 1 where id = '" + slow.runId() + "'");
                statement.execute(
                        "insert into events (tenant_id, run_id, seq, type, at, actor_kind, actor_id, fence) values ('"
                                + tenant.id() + "', '" + slow.runId()
                                + "', 3, 'worker.late', statement_timestamp() - interval 'PT5M', 'worker', 'w', 1)");
            }
            tenant.api().submit("after");
            ago(tenant, "PT5M");
            nobodySeals.close();

            await().atMost(TWO_TICKS).until(() -> sealedEvents(before) == 1);
            await().atMost(TWO_TICKS).until(() -> sealedEvents(tenant) == 2);
            transaction.commit();
        }
        await().atMost(TWO_TICKS).until(() -> sealedEvents(tenant) == 4);
        assertThat(checked()).startsWith("All is as it was sealed").contains("4 events");
        rows.assertInvariants();
    }

    /** Should the lock ever fail to keep two nodes apart: what makes a seal one is its number. */
    @Test
    void ofTwoThatSealAtOnceOneMakesTheSeal() throws Exception {
        try (var nobodySeals = HeldLock.by(rows, NO_SEALING);
                var rival = rows.transaction()) {
            tenant.api().submit("race");
            ago(tenant, "PT5M");
            try (var statement = rival.createStatement()) {
                statement.execute("""
                        insert into seals select '%s', 1, now(), 1, 9000000000000000000, substring(h || h for 52), h, h, h
                        from sha256('') h""".formatted(tenant.id()));
            }
            nobodySeals.close();
            await().atMost(TWO_TICKS).until(() -> blocked() == 1);
            rival.commit();
        }
        await().until(() -> blocked() == 0);
        assertThat(sealedEvents(tenant)).as("the rival's alone").isEqualTo(1);
        assertThat(Cluster.node(1).log() + Cluster.node(2).log()).doesNotContain("cannot be sealed");

        rows.change("delete from seals where tenant_id = ?", tenant.id());
        await().atMost(TWO_TICKS).until(() -> sealedEvents(tenant) == 1);
        assertThat(checked())
                .startsWith("All is as it was sealed: tenant " + tenant.id() + ", seals 1 to 1, 1 events.");
    }

    private long blocked() {
        return rows.count("""
                select count(*) from pg_stat_activity
                where cardinality(pg_blocking_pids(pid)) > 0 and query like 'insert into seals%'""");
    }

    @Test
    void sealsAreListedBothWaysAndOnlyToTheirTenant() throws IOException {
        pastOf(quiet);
        var newest = seals();
        assertThat(newest.stream().map(seal -> seal.path("number").asInt())).containsExactly(3, 2, 1);
        var first =
                tenant.api().get("/api/v1/seals?after=0&limit=2").expect(200).json();
        assertThat(first.path("items").findValuesAsText("number")).containsExactly("1", "2");
        var rest = tenant.api()
                .get("/api/v1/seals?after=0&limit=2&cursor="
                        + first.path("nextCursor").asText())
                .expect(200)
                .json();
        assertThat(rest.path("items").findValuesAsText("number")).containsExactly("3");
        assertThat(rest.has("nextCursor")).isFalse();
        assertThat(tenant.api()
                        .get("/api/v1/seals?after=2")
                        .expect(200)
                        .json()
                        .path("items")
                        .size())
                .isEqualTo(1);
        assertThat(Tenant.newOn(Cluster.node(2), rows)
                        .api()
                        .get("/api/v1/seals")
                        .expect(200)
                        .json()
                        .path("items"))
                .isEmpty();
    }

    /** What writes an event pays for no seal: no trigger, and no statement but where seals are made and shown. */
    @Test
    void movesDoNotKnowOfSeals() throws IOException {
        assertThat(rows.count(
                        "select count(*) from pg_trigger where tgrelid in ('events'::regclass, 'runs'::regclass) and not tgisinternal"
                                + " and tgname not in ('events_in_order', 'labels_kept', 'labels_removed')"))
                .isZero();
        try (var sources = Files.walk(Path.of("src/main/java"))) {
            assertThat(sources.filter(Files::isRegularFile)
                            .filter(file -> !file.getParent().endsWith("audit") && !file.endsWith("Migrations.java"))
                            .filter(file -> read(file).matches("(?s).*(from|into|update|join) seals\\b.*")))
                    .isEmpty();
        }
    }

    /** A run that has four events and the lane's, all in the first; another in the second, and one in the third. */
    private String threeMinutes(Tenant whose) {
        var api = whose.api();
        whose.lane("sealed", Map.of());
        var owner = whose.claimed("sealed");
        var events = List.of(Map.of("type", "worker.said", "data", Map.of("a", 1.50, "ö", List.of(1, "\u0000"))));
        api.asOwner(owner, "events", Map.of("events", events)).expect(201);
        api.complete(owner).expect(200);
        ago(whose, "PT1H");
        whose.claimed("sealed");
        ago(whose, "PT6M"); // the minute before the next one's: a seal does not reach over its own
        api.submit("sealed");
        ago(whose, "PT5M");
        return owner.runId();
    }

    private String pastOf(Tenant one) {
        tenant = one;
        return firstRuns.get(one);
    }

    private static Tenant newTenant() {
        return Tenant.newOn(Cluster.node(1), Rows.ofCluster());
    }

    /** What has just happened to the tenant, happened so long ago, within one minute. */
    private void ago(Tenant whose, String age) {
        rows.change("""
                update events set at = date_trunc('minute', statement_timestamp() - cast(? as interval)) + seq * interval 'PT0.01S'
                where tenant_id = ? and at > statement_timestamp() - interval 'PT4M'""", age, whose.id());
    }

    private long sealedEvents(Tenant whose) {
        return rows.count(
                "select coalesce(sum(octet_length(leaves) / 52), 0) from seals where tenant_id = ?", whose.id());
    }

    private void change(String which, String change, String run) {
        restore();
        assertThat(rows.change(change + which + " and run_id = cast(? as uuid)", run))
                .isEqualTo(1);
    }

    private void restore() {
        for (var table : List.of("events", "seals")) {
            rows.change("delete from " + table + " where tenant_id = ?", tenant.id());
            rows.change("insert into " + table + " select * from kept_" + table);
        }
    }

    private List<JsonNode> seals() {
        return tenant.api()
                .get("/api/v1/seals")
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .toList();
    }

    private String minute(int seal) {
        var at = rows.one(
                "select to_char(minute at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as minute from seals where tenant_id = ? and number = ?",
                tenant.id(),
                seal);
        return "tenant " + tenant.id() + ", minute " + at.get("minute") + ", seal " + seal + ": ";
    }

    private static String event(String run, int number) {
        return "run " + run + ", event " + "%010d".formatted(number);
    }

    private String firstFault(String... kept) throws IOException {
        var lines = checked(kept).lines().toList();
        assertThat(lines.get(lines.size() - 1)).startsWith("Not as it was sealed");
        return lines.get(0);
    }

    private String checked(String... kept) throws IOException {
        export();
        var out = new ByteArrayOutputStream();
        var arguments = new java.util.ArrayList<>(List.of(
                files.resolve("seals.json").toString(),
                files.resolve("events.json").toString()));
        arguments.addAll(List.of(kept));
        int status = new CheckExport(new PrintStream(out, true, StandardCharsets.UTF_8))
                .run(arguments.toArray(String[]::new));
        var said = out.toString(StandardCharsets.UTF_8).strip();
        assertThat(status).as(said).isEqualTo(said.startsWith("All is") ? 0 : 1);
        return said;
    }

    private void export() throws IOException {
        for (var what : List.of("seals", "events")) {
            var pages = new StringBuilder();
            var next = "";
            do {
                var page = tenant.api()
                        .unchecked()
                        .get("/api/v1/" + what + "?after=0&limit=3" + next)
                        .expect(200);
                pages.append(page.text()).append('\n');
                next = page.json().has("nextCursor")
                        ? "&cursor=" + page.json().path("nextCursor").asText()
                        : null;
            } while (next != null);
            Files.writeString(files.resolve(what + ".json"), pages);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
