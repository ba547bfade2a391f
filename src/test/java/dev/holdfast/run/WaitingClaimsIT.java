package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
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

    @Test
    void A8_aRunThatIsSubmittedOnTheOtherNodeIsClaimedWithin100Millis() {
        var median = medianWait(11, () -> () -> one.submit("lane"));
        assertThat(median).isLessThan(Duration.ofMillis(100));
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
        var deaf = rows.all("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                + " and query = 'listen holdfast'");
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
        tenant.api() // for which both look from time to time
                .post("/api/v1/webhooks", Map.of("url", "https://example.com/", "events", List.of("runs_removed")))
                .expect(201);
        var waiting = IntStream.range(0, 50)
                .mapToObj(i -> waitOn(i % 2 == 0 ? ONE : TWO, lanes.get(i / 10), "PT30S"))
                .toList();
        awaitWaiting(ONE, 25);
        awaitWaiting(TWO, 25);

        var idle = statementsWithin(Duration.ofSeconds(5));
        assertThat(idle).as("of two nodes within 5 s").hasSizeLessThan(2 * 5 * 5);

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

    /** Of idle nodes: what earlier tests have left to be sealed waits meanwhile. */
    private List<String> statementsWithin(Duration time) {
        try (var nobodySeals = HeldLock.by(rows, "select pg_advisory_xact_lock(hashtext('holdfast.seals'))");
                var statements = Statements.of(Cluster.database())) {
            await().pollDelay(time).atMost(time.plusSeconds(1)).until(() -> true);
            return statements.heard();
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
        waits.sort(null);
        return waits.get(rounds / 2);
    }

    private CompletableFuture<Reply> waitOn(HoldfastServer node, String lane, String wait) {
        var body = Map.of("workerId", "patient-" + workers.incrementAndGet(), "lanes", List.of(lane), "wait", wait);
        return CompletableFuture.supplyAsync(() -> tenant.at(node).post("/api/v1/claims", body), threads);
    }

    private static void awaitWaiting(HoldfastServer node, int claims) {
        await().pollInterval(Duration.ofMillis(20))
                .until(() -> Scrape.of(node).of("holdfast_waiting_claims") == claims);
    }

    private static List<Claimed> claims(Reply reply) {
        return stream(reply.expect(200).json().path("claims")).map(Claimed::of).toList();
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
