package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Several nodes sweep one database, each second: any of them, one at a time, through their deaths and starts. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class) // only to start and stop fewer nodes: each also goes alone
class NodesIT {
    private static final Duration DEAD = Duration.ofHours(3);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration START = Duration.ofMinutes(5);
    private static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    private static final List<HoldfastServer> NODES =
            Stream.of("reaper-a", "reaper-b", "reaper-c").map(NodesIT::newNode).toList();

    private final Rows rows = Rows.of(DATABASE);

    private static HoldfastServer newNode(String name) {
        // Its name at its connections, to find whose they are.
        var url = DATABASE.url() + "?ApplicationName=" + name;
        return HoldfastServer.named(name)
                .on(new TestPostgres.Database(DATABASE.name(), url, DATABASE.user(), DATABASE.password()))
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                // On a busy machine a sweep may be late by a second or two, which must not be taken for an outage.
                .with("HOLDFAST_SWEEP_INTERVAL", "PT3S")
                .with("HOLDFAST_SWEEP_BATCH", "20")
                .with("HOLDFAST_DB_OPTIONS", "-c statement_timeout=30s -c lock_timeout=25s");
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @AfterAll
    static void stop() {
        NODES.parallelStream().forEach(HoldfastServer::kill);
    }

    @Test
    @Order(2)
    void C10_threeTimersAndSweepsByHandReapEachRunOnce() {
        allRunning();
        var tenant = Tenant.newOn(NODES.get(0), rows);
        tenant.lane("many", Map.of("heartbeat", "required", "backoff", NO_SOON));
        tenant.manyClaimedAgo("many", 201, Duration.ofSeconds(1)); // the living: else the breaker would hold the lane
        var dead = tenant.manyClaimedAgo("many", 200, DEAD).subList(0, 200);
        var asked = Api.inParallel(6, i -> tenant.at(NODES.get(i % 3))
                .post("/api/v1/sweeps", Map.of("phases", List.of("leases")))
                .expect(200)
                .json()
                .path("cleanedUp")
                .asInt());

        await().atMost(PATIENCE)
                .until(() -> rows.count("select count(*) from leases where tenant_id = ?", tenant.id()) == 201);
        assertReapedOnce(tenant, dead);
        var counted = rows.count("select sum(cleaned_up) from sweeps where tenant_id = ? and failed = 0", tenant.id());
        assertThat(counted).isEqualTo(200);
        var byHand = asked.stream().mapToInt(Integer::intValue).sum();
        assertThat(rows.count(
                        "select coalesce(sum(cleaned_up), 0) from sweeps where tenant_id = ? and trigger = 'api'",
                        tenant.id()))
                .isEqualTo(byHand);
    }

    @Test
    @Order(4)
    void C10_whenTheSweepingNodeIsKilledInTheMidstAnotherSweepsAndEachRunIsReapedOnce() {
        allRunning();
        var tenant = Tenant.newOn(NODES.get(0), rows);
        tenant.lane("killed", Map.of("heartbeat", "required", "backoff", NO_SOON));
        tenant.manyClaimedAgo("killed", 51, Duration.ofSeconds(1));
        HoldfastServer holder;
        List<Claimed> dead;
        try (var table = HeldLock.by(rows, "lock table verdicts in share mode")) {
            dead = tenant.manyClaimedAgo("killed", 50, DEAD).subList(0, 50);
            await().atMost(PATIENCE).until(() -> waiting() > 0);
            holder = sweeping();
            holder.kill();
            // As the database does when it learns that its client is gone.
            rows.all(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = ?", holder.name());
            assertThat(rows.count("select count(*) from events where tenant_id = ? and type = 'reaped'", tenant.id()))
                    .isZero();
            assertThat(rows.count("select count(*) from leases where tenant_id = ?", tenant.id()))
                    .isEqualTo(101);
        }

        await().atMost(PATIENCE)
                .until(() -> rows.count("select count(*) from leases where tenant_id = ?", tenant.id()) == 51);
        assertReapedOnce(tenant, dead);
        assertThat(rows.all("select distinct node from sweeps where tenant_id = ?", tenant.id()))
                .extracting(row -> row.get("node"))
                .doesNotContain(holder.name());
    }

    @Test
    @Order(3)
    void C10_aNodeThatStandsStillInTheMidstOfASweepKeepsNobodyFromSweeping() {
        allRunning();
        var tenant = Tenant.newOn(NODES.get(0), rows);
        tenant.lane("frozen", Map.of("heartbeat", "required", "backoff", NO_SOON));
        try (var stillHeld = HeldLock.by(rows, "select pg_advisory_xact_lock(hashtext('holdfast.reaper'))")) {
            var dead = tenant.manyClaimedAgo("frozen", 1, DEAD);
            await().atMost(PATIENCE)
                    .until(() -> rows.count("select count(*) from leases where tenant_id = ?", tenant.id()) == 0);
            assertReapedOnce(tenant, dead);
        }
    }

    @Test
    @Order(6)
    void C15_C16_afterAStopTheStartSweepsBeforeReadinessAndSparesWhoIsHeardAgain() {
        var first = anyRunning();
        var tenant = Tenant.newOn(first, rows);
        tenant.lane("lane", Map.of("heartbeat", "required", "heartbeatTimeout", "PT15S"));
        var alive = IntStream.range(0, 3).mapToObj(i -> tenant.beating("lane")).toList();
        var dead = tenant.beating("lane");
        var asleep = tenant.claimed("lane");
        tenant.api()
                .asOwner(
                        asleep,
                        "sleep",
                        Map.of("until", Instant.now().plusSeconds(3600).toString()))
                .expect(200);
        NODES.parallelStream().forEach(HoldfastServer::stop);
        assertThat(first.log()).doesNotContain("no sweep on node");
        passTenLeaseTimes(tenant);

        try (var table = HeldLock.by(rows, "lock table verdicts in share mode")) {
            first.startUnready();
            await().pollInterval(Duration.ofMillis(20)).atMost(PATIENCE).until(() -> waiting() > 0);
            assertThat(first.isReady())
                    .as("the sweep at the start is under way")
                    .isFalse();
            assertThat(rows.count("select count(*) from verdicts where tenant_id = ?", tenant.id()))
                    .isZero();
        }
        first.awaitReady();

        assertThat(tenant.run(asleep.runId()).path("state").asText()).isEqualTo("queued");
        assertThat(rows.all("select trigger, node from sweeps where tenant_id = ?", tenant.id()))
                .containsExactly(Map.of("trigger", "start", "node", first.name()));
        alive.forEach(tenant::beaten);
        assertThat(tenant.run(dead.runId()).path("state").asText()).isEqualTo("running");
        var judgedFrom = Instant.parse(
                tenant.explain(dead.runId()).at("/liveness/judgedFrom").asText());
        var staleAt = Instant.parse(
                tenant.explain(dead.runId()).at("/liveness/staleAt").asText());
        assertThat(judgedFrom).isAfter(staleAt.plusSeconds(100));

        rows.change("update reaper set judging_since = judging_since - interval 'PT15S'");
        await().atMost(PATIENCE)
                .until(() -> tenant.run(dead.runId()).path("state").asText().equals("queued"));
        for (var claim : alive) {
            assertThat(tenant.run(claim.runId()).path("state").asText()).isEqualTo("running");
            tenant.api().complete(claim).expect(200);
        }
        assertThat(rows.count("select count(*) from events where tenant_id = ? and type = 'reaped'", tenant.id()))
                .isEqualTo(1);
    }

    @Test
    @Order(1)
    void C15_aThirdNodeStartsAndLeavesAloneTheRunsThatBeatOnTheOthers() {
        running(NODES.subList(0, 2));
        var third = NODES.get(2);
        if (third.isRunning()) {
            third.stop();
        }
        var tenant = Tenant.newOn(NODES.get(0), rows);
        tenant.lane("beats", Map.of("heartbeat", "required", "heartbeatTimeout", "PT30S", "onLost", "fail"));
        tenant.lane("does-not", Map.of("heartbeat", "none"));
        var onFirst = tenant.claimedAgo(tenant.claimed("beats"), Duration.ofSeconds(25));
        var onSecond = tenant.claimedAgo(tenant.claimed("beats"), Duration.ofSeconds(25));
        var working = tenant.claimedAgo(tenant.claimed("does-not"), Duration.ofMinutes(30));
        Runnable beats = () -> {
            tenant.beaten(onFirst);
            tenant.at(NODES.get(1)).beat(onSecond).expect(200);
        };
        beats.run();

        third.startUnready();
        await().pollInterval(Duration.ofMillis(500)).atMost(START).until(() -> {
            beats.run();
            return third.isReady();
        });

        for (var claim : List.of(onFirst, onSecond, working)) {
            assertThat(tenant.run(claim.runId()).path("fence").asLong()).isEqualTo(claim.fence());
            tenant.at(third).complete(claim).expect(200);
        }
    }

    /** A dump brings the numbers of transactions along, and the database that it comes to counts from its own. */
    @Test
    @Order(5)
    void eventsOfARestoredDatabaseStandBehindThoseOfTheDump() {
        var one = anyRunning();
        var tenant = Tenant.newOn(one, rows);
        tenant.api().submit("dumped");
        rows.change("update events set transaction = transaction + 1000000 where tenant_id = ?", tenant.id());
        var other = NODES.stream()
                .filter(node -> !node.isRunning())
                .findFirst()
                .map(HoldfastServer::start)
                .orElseGet(() -> NODES.get(2).restart());

        tenant.at(other).submit("restored");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(tenant.api()
                        .get("/api/v1/events?after=0&type=submitted")
                        .expect(200)
                        .json()
                        .path("items")
                        .findValuesAsText("runId"))
                .containsExactlyElementsOf(
                        rows.all("select id from runs where tenant_id = ? order by lane", tenant.id()).stream()
                                .map(row -> row.get("id").toString())
                                .toList()));
    }

    private static final Map<String, ?> NO_SOON = Map.of("initial", "PT1H", "max", "PT1H");

    private static HoldfastServer anyRunning() {
        return NODES.stream().filter(HoldfastServer::isRunning).findFirst().orElseGet(() -> NODES.get(0)
                .start());
    }

    private static void allRunning() {
        running(NODES);
    }

    private static void running(List<HoldfastServer> nodes) {
        var missing = nodes.stream().filter(node -> !node.isRunning()).toList();
        missing.forEach(HoldfastServer::startUnready);
        missing.forEach(HoldfastServer::awaitReady);
    }

    /** Statements of the nodes that wait for a lock. */
    private long waiting() {
        return rows.count("""
                select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and application_name like 'reaper-%'""");
    }

    /** The node that has the reaper's lock. */
    private HoldfastServer sweeping() {
        var name = rows.one("""
                        select a.application_name as node from pg_locks k join pg_stat_activity a on a.pid = k.pid
                        where k.locktype = 'advisory' and k.granted
                          and cast(k.objid as bigint) = cast(hashtext('holdfast.reaper') as bigint) & 4294967295 and a.datname = current_database()""").get("node");
        return NODES.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private void passTenLeaseTimes(Tenant tenant) {
        rows.change("""
                update leases set claimed_at = claimed_at - interval 'PT150S', last_heartbeat_at = last_heartbeat_at - interval 'PT150S'
                where tenant_id = ?""", tenant.id());
        rows.change("""
                update reaper set last_started_at = last_started_at - interval 'PT150S',
                    last_success_at = last_success_at - interval 'PT150S'""");
        rows.change(
                "update runs set available_at = statement_timestamp() where tenant_id = ? and state = 'suspended'",
                tenant.id());
    }

    private void assertReapedOnce(Tenant tenant, List<Claimed> dead) {
        var expected =
                dead.stream().map(claim -> UUID.fromString(claim.runId())).toList();
        for (var table : List.of("events where type = 'reaped' and", "verdicts where")) {
            assertThat(rows.all("select run_id from " + table + " tenant_id = ?", tenant.id()))
                    .extracting(row -> row.get("run_id"))
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(rows.count(
                        "select count(*) from runs where tenant_id = ? and state = 'queued' and fence = 2 and lost = 1",
                        tenant.id()))
                .isEqualTo(dead.size());
    }
}
