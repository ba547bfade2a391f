package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Follower;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.Statements;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Claims that wait on one node for what happens on the other, or by the clock. */
class WaitingClaimsIT {
    private static final HoldfastServer ONE = Cluster.node(1);
    private static final HoldfastServer TWO = Cluster.node(2);

    /** Enough for a machine that is busy with other things; the poll that comes anyway is seconds away in the median. */
    private static final Duration WOKEN = Duration.ofMillis(800);

    /** In the first half of a minute, with all sealed that was to be sealed; just after a sweep, for one comes each ten seconds. */
    private static final String NOTHING_DUE = """
            select count(*) from (select date_trunc('minute', statement_timestamp(), 'UTC') as begun) m
            where statement_timestamp() - m.begun between interval 'PT5S' and interval 'PT30S'
              and exists (select from reaper where last_success_at > statement_timestamp() - interval 'PT1S')
              and not exists (select from events e where e.at < m.begun and e.transaction >
                  (select coalesce(max(last_transaction), 0) from seals s where s.tenant_id = e.tenant_id))""";

    /** Asked at each ping of the streams: each second by these nodes, every 15 by those with the default. */
    private static final String WHOSE_KEY_IS_GOOD = "with ordinality as c (tenant_id, key_id";

    private static final List<String> LOOKS = List.of(
            "select enabled and coalesce(last_started_at", // is a sweep due?
            "select t.id from tenants t", // are there seals to be made?
            "select tenant_id, name, lane, type, cron", // does a schedule fire?
            "select w.tenant_id, w.lane", // is there something to claim?
            "select w.n from unnest", // is there something for the streams?
            WHOSE_KEY_IS_GOOD);

    /** What a connection begins with: how many there are is the business of who was here before. */
    private static final List<String> CONNECTING = List.of(
            "SET application_name",
            "set role holdfast",
            "pg_has_role",
            "select current_schema()",
            "select current_catalog",
            "SHOW TRANSACTION ISOLATION LEVEL");

    /** The connection by which each node hears the others. */
    private static final String EARS =
            "from pg_stat_activity where datname = current_database() and query = 'listen holdfast'";

    private static final Duration DELAY = Duration.ofMillis(300);

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(ONE, rows);
    private final Api one = tenant.api();
    private final AtomicInteger workers = new AtomicInteger();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
        rows.assertInvariants();
    }

    /** On a machine that is busy with other things, not much later than who finds work at once. */
    @Test
    void A8_aRunThatIsSubmittedOnTheOtherNodeIsClaimedWithin100Millis() {
        var atOnce = new ArrayList<Duration>();
        var median = medianWait(11, () -> {
            atOnce.add(timeToSubmitAndClaim());
            return () -> one.submit("lane");
        });
        assertThat(median)
                .isLessThan(longest(Duration.ofMillis(100), median(atOnce).multipliedBy(3)));
    }

    private Duration timeToSubmitAndClaim() {
        var began = System.nanoTime();
        one.submit("at-once");
        var claim = tenant.at(TWO).claimOne("at-once", "at-once");
        var took = Duration.ofNanos(System.nanoTime() - began);
        one.complete(claim).expect(200);
        return took;
    }

    private static Duration longest(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    @Test
    void aRunIsClaimedWhenItsTimeComes() {
        var median = medianWait(3, () -> () -> one.submit("lane", Map.of("delay", DELAY.toString())));
        assertThat(median).isBetween(DELAY, DELAY.plus(WOKEN));
    }

    @Test
    void aRunThatWaitedLongBeforeAnybodyAskedForItIsClaimedWhenItsTimeComes() {
        var median = medianWait(3, () -> {
            one.submit("lane", Map.of("delay", DELAY.multipliedBy(3).toString()));
            return () -> {};
        });
        assertThat(median).isLessThan(DELAY.multipliedBy(3).plus(WOKEN));
    }

    @Test
    void aRetryIsClaimedWhenItsBackoffIsOver() {
        var failure = Map.of("failure", Map.of("code", "c", "message", "m"), "retryAfter", DELAY.toString());
        var median = medianWait(3, () -> {
            var claim = tenant.claimed("lane");
            return () -> one.asOwner(claim, "fail", failure).expect(200);
        });
        assertThat(median).isBetween(DELAY, DELAY.plus(WOKEN));
    }

    @Test
    void whenALimitedLaneHasRoomAgainTheNextRunIsClaimed() {
        tenant.lane("lane", Map.of("maxInFlight", 1));
        var median = medianWait(3, () -> {
            var claim = tenant.claimed("lane");
            one.submit("lane");
            return () -> one.complete(claim).expect(200);
        });
        assertThat(median).isLessThan(WOKEN);
    }

    @Test
    void whenALaneGoesOnItsRunsAreClaimed() {
        tenant.lane("lane", Map.of());
        var median = medianWait(3, () -> {
            one.post("/api/v1/lanes/lane/pause", null).expect(200);
            one.submit("lane");
            return () -> one.post("/api/v1/lanes/lane/unpause", null).expect(200);
        });
        assertThat(median).isLessThan(WOKEN);
    }

    @Test
    void whatNobodyHasToldOfIsFoundAllTheSame() {
        tenant.lane("lane", Map.of("paused", true));
        one.submit("lane");
        var waiting = waitOn(TWO, "lane", "PT20S");
        try (var statements = Statements.of(Cluster.database())) {
            await().until(() -> statements.heard().stream()
                            .filter(line -> line.contains("select w.tenant_id, w.lane"))
                            .count()
                    >= 2); // one because of the claim, and then those that come anyway
        }
        rows.change("update lanes set paused = false where tenant_id = ?", tenant.id());

        assertThat(claims(waiting.join())).hasSize(1);
    }

    @Test
    void whoeverHasLostTheOtherNodesHearsThemAgain() {
        var deaf = rows.all("select pg_terminate_backend(pid) " + EARS);
        assertThat(deaf).as("a connection a node").hasSizeGreaterThanOrEqualTo(2);
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(List.of(ONE, TWO)).allSatisfy(node -> assertThat(node.log())
                        .containsOnlyOnce("The other nodes are not heard")
                        .contains("The other nodes are heard again")));
        A8_aRunThatIsSubmittedOnTheOtherNodeIsClaimedWithin100Millis();
    }

    @Test
    void A1_A8_fiftyWaitingClaimsOnTwoNodesCostThemNextToNothingAndShareWhatComes() {
        var lanes = IntStream.range(0, 5).mapToObj(i -> "lane-" + i).toList();
        lanes.forEach(lane -> tenant.lane(lane, Map.of()));
        var followed = one.submit("followed").path("id").asText();
        one.put("/api/v1/schedules/yearly", Map.of("lane", "yearly", "cron", "0 0 1 1 *"))
                .expect(201);
        awaitNothingDue();
        // Those of earlier tests, which nobody receives any more, are tried again for a day.
        rows.change(
                "update webhooks set disabled_at = statement_timestamp(), disabled_because = 'operator' where disabled_at is null");
        tenant.api() // for which both look from time to time
                .post("/api/v1/webhooks", Map.of("url", "https://hooks.example/", "events", List.of("runs_removed")))
                .expect(201);
        var waiting = IntStream.range(0, 50)
                .mapToObj(i -> waitOn(i % 2 == 0 ? ONE : TWO, lanes.get(i / 10), "PT30S"))
                .toList();
        awaitWaiting(ONE, 25);
        awaitWaiting(TWO, 25);

        assertIdle(followed);

        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        submitted(lanes, 4);
        await().until(() -> answered(waiting).count() >= 20);
        assertThat(answered(waiting)).allSatisfy(claims -> assertThat(claims).hasSize(1));
        assertThat(rows.count("select count(*) from leases where tenant_id = ?", tenant.id()))
                .isEqualTo(20);
        submitted(lanes, 6);
        assertThat(waiting.stream().flatMap(claim -> claims(claim.join()).stream()))
                .extracting(Claimed::runId)
                .doesNotHaveDuplicates()
                .hasSize(50);
    }

    private void submitted(List<String> lanes, int ofEach) {
        var runs = lanes.stream()
                .flatMap(lane -> Stream.generate(() -> Map.of("lane", lane)).limit(ofEach))
                .toList();
        one.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
    }

    private static Stream<List<Claimed>> answered(List<CompletableFuture<Reply>> waiting) {
        return waiting.stream().filter(CompletableFuture::isDone).map(claim -> claims(claim.join()));
    }

    /** With all that a node looks after by the clock: claims that wait, streams, schedules, sweeps and seals. */
    private void assertIdle(String run) {
        var key = tenant.newKey(Tenant.SCOPES);
        try (var ofRun = Follower.ofRun(ONE, key, run);
                var ofTenant = Follower.open(TWO, key, "/api/v1/events", null)) {
            ofRun.await(1);
            ofTenant.awaitUntil(open -> open.lastId() != null);
            long began = System.nanoTime();
            var statements = statementsUntilAllIsLookedAfter();
            double seconds = (System.nanoTime() - began) / 1e9;
            long ofPings = statements.stream()
                    .filter(line -> line.contains(WHOSE_KEY_IS_GOOD))
                    .count();
            assertThat((statements.size() - ofPings + ofPings / 15.0) / seconds / nodes())
                    .as("statements a second and node: " + statements)
                    .isLessThanOrEqualTo(5);
        }
    }

    /** These two, and what other classes have started on their database. */
    private long nodes() {
        return rows.count("select count(*) " + EARS);
    }

    /** What earlier tests have left is done by the minute. */
    private void awaitNothingDue() {
        await().pollInterval(Duration.ofMillis(200))
                .atMost(Duration.ofMinutes(2))
                .until(() -> rows.count(NOTHING_DUE) == 1);
    }

    private static List<String> statementsUntilAllIsLookedAfter() {
        try (var statements = Statements.of(Cluster.database())) {
            await().pollDelay(Duration.ofSeconds(15)) // of what comes each ten seconds, not twice as much
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> LOOKS.stream()
                            .allMatch(look -> statements.heard().stream().anyMatch(line -> line.contains(look))));
            return statements.heard().stream()
                    .filter(line -> CONNECTING.stream().noneMatch(line::contains))
                    .toList();
        }
    }

    /** How long a claim on the second node waits for what is done on the first. @param staged before the claim comes */
    private Duration medianWait(int rounds, Supplier<Runnable> staged) {
        var waits = new ArrayList<Duration>();
        for (int round = 0; round < rounds; round++) {
            var act = staged.get();
            var waiting = waitOn(TWO, "lane", "PT20S");
            awaitWaiting(TWO, 1);
            var began = System.nanoTime();
            act.run();
            var claims = claims(waiting.join());
            waits.add(Duration.ofNanos(System.nanoTime() - began));
            assertThat(claims).hasSize(1);
            one.complete(claims.get(0)).expect(200);
        }
        return median(waits);
    }

    private static Duration median(List<Duration> times) {
        return times.stream().sorted().toList().get(times.size() / 2);
    }

    private CompletableFuture<Reply> waitOn(HoldfastServer node, String lane, String wait) {
        var body = Map.of("workerId", "patient-" + workers.incrementAndGet(), "lanes", List.of(lane), "wait", wait);
        return CompletableFuture.supplyAsync(() -> tenant.at(node).post("/api/v1/claims", body), threads);
    }

    private static void awaitWaiting(HoldfastServer node, int claims) {
        await().pollInterval(Duration.ofMillis(20))
                .atMost(Duration.ofSeconds(25)) // the first claims of a young node on a busy machine
                .until(() -> Scrape.of(node).of("holdfast_waiting_claims") == claims);
    }

    private static List<Claimed> claims(Reply reply) {
        return stream(reply.expect(200).json().path("claims")).map(Claimed::of).toList();
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
