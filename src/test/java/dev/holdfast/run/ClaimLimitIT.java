package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code maxInFlight}: of a lane's runs without concurrency key together, and of each key's together. */
class ClaimLimitIT {
    /** Stands for the runs that have no key. */
    private static final String NO_KEY = "(none)";

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void A7_ofFiftyParallelClaimersTenGetARun() {
        limit("limited", 10);
        submit("limited", NO_KEY, 50);

        var replies = Api.inParallel(50, i -> (i % 2 == 0 ? one : two).claim("worker-" + i, "limited", 1));

        assertThat(replies).extracting(Reply::status).containsOnly(200);
        assertThat(replies).filteredOn(reply -> !claims(reply).isEmpty()).hasSize(10);
        assertThat(inFlight("limited")).isEqualTo(Map.of(NO_KEY, 10L));
    }

    @Test
    void A7_fiftyParallelClaimersNeverHoldMoreThanTenWhileRunsComeAndGo() {
        limit("churned", 10);
        submit("churned", NO_KEY, 60);

        var most = mostInFlightWhileFiftyClaimersDrain("churned", 60);

        assertThat(most).isEqualTo(Map.of(NO_KEY, 10L));
    }

    @Test
    void A7_theLimitHoldsForTheRunsOfEachConcurrencyKeyAndForThoseWithout() {
        limit("churned-by-key", 4);
        submit("churned-by-key", "a", 20);
        submit("churned-by-key", "b", 20);
        submit("churned-by-key", NO_KEY, 20);

        var most = mostInFlightWhileFiftyClaimersDrain("churned-by-key", 60);

        assertThat(most).isEqualTo(Map.of("a", 4L, "b", 4L, NO_KEY, 4L));
    }

    @Test
    void A7_aFullKeyBlocksNeitherAnotherKeyNorTheRest() {
        limit("full-key", 2);
        submit("full-key", "full", 30, 100);
        submit("full-key", "free", 1, 50);
        submit("full-key", NO_KEY, 1, 0);

        assertThat(keysOf(one.claim("worker", "full-key", 1))).containsExactly("full");
        assertThat(keysOf(two.claim("worker", "full-key", 1))).containsExactly("full");
        assertThat(keysOf(one.claim("worker", "full-key", 1))).containsExactly("free");
        assertThat(keysOf(two.claim("worker", "full-key", 1))).containsExactly(NO_KEY);
        assertThat(keysOf(one.claim("worker", "full-key", 1))).isEmpty();
    }

    @Test
    void A7_oneClaimOfManyStaysWithinEachLimit() {
        limit("one-claim", 3);
        submit("one-claim", "a", 10);
        submit("one-claim", "b", 2);
        submit("one-claim", NO_KEY, 10);

        var taken = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            taken.addAll(keysOf(one.claim("worker", "one-claim", 100)));
        }

        assertThat(taken)
                .containsExactlyInAnyOrder("a", "a", "a", "b", "b", NO_KEY, NO_KEY, NO_KEY)
                .as("all at the first call")
                .hasSize(8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"complete", "fail", "release", "sleep", "cancel"})
    void A7_eachEndOfAClaimFreesItsPlace(String ending) {
        var lane = "freed-by-" + ending;
        limit(lane, 1);
        submit(lane, "k", 2);
        var claim = one.claimOne("worker", lane);
        assertThat(keysOf(two.claim("worker", lane, 2))).isEmpty();

        end(claim, ending);

        assertThat(keysOf(two.claim("worker", lane, 2))).containsExactly("k");
    }

    @Test
    void A7_aLimitBelowWhatIsInFlightTakesNothingAwayAndGivesNothing() {
        limit("lowered", 3);
        submit("lowered", NO_KEY, 6);
        var held = claims(one.claim("worker", "lowered", 3).expect(200)).stream()
                .map(claim -> claim.path("run").path("id").asText())
                .toList();
        limit("lowered", 1);

        assertThat(keysOf(one.claim("worker", "lowered", 6))).isEmpty();
        assertThat(held)
                .allSatisfy(id -> assertThat(one.run(id).path("state").asText()).isEqualTo("claimed"));
        limit("lowered", 4);
        assertThat(keysOf(one.claim("worker", "lowered", 6))).hasSize(1);
    }

    @Test
    void A7_limitedLanesNamedInAnyOrderDoNotHoldEachOtherUp() {
        var lanes = List.of("crossed-1", "crossed-2", "crossed-unlimited");
        limit("crossed-1", 5);
        limit("crossed-2", 5);
        lanes.forEach(lane -> submit(lane, NO_KEY, 20));
        var turned = List.of("crossed-unlimited", "crossed-2", "crossed-1");

        var replies = Api.inParallel(40, i -> (i % 2 == 0 ? one : two)
                .post("/api/v1/claims", Map.of("workerId", "w" + i, "lanes", i % 3 == 0 ? lanes : turned)));

        assertThat(replies).extracting(Reply::status).containsOnly(200);
        assertThat(inFlight("crossed-1")).isEqualTo(Map.of(NO_KEY, 5L));
        assertThat(inFlight("crossed-2")).isEqualTo(Map.of(NO_KEY, 5L));
        assertThat(inFlight("crossed-unlimited")).isEqualTo(Map.of(NO_KEY, 20L));
    }

    /**
     * Fifty claimers take runs; only who goes away empty-handed ends a run that another took. So the lane is as full as
     * it can be nearly all the time, and each place that comes free has many takers.
     */
    private Map<String, Long> mostInFlightWhileFiftyClaimersDrain(String lane, int runs) {
        Queue<Claimed> held = new ConcurrentLinkedQueue<>();
        var done = new AtomicInteger();
        var most = new HashMap<String, Long>();
        var sampler = CompletableFuture.runAsync(
                () -> sample(lane, done, runs, most), task -> new Thread(task, "sampler").start());

        Api.inParallel(50, i -> {
            var node = i % 2 == 0 ? one : two;
            while (done.get() < runs && !sampler.isDone()) {
                var claims = claims(node.claim("worker-" + i, lane, 1).expect(200));
                claims.forEach(claim -> held.add(Claimed.of(claim)));
                var other = claims.isEmpty() ? held.poll() : null;
                if (other != null) {
                    node.complete(other).expect(200);
                    done.incrementAndGet();
                }
            }
            return null;
        });

        sampler.join();
        assertThat(rows.count("select count(*) from runs where lane = ? and state = 'completed' and attempt = 1", lane))
                .isEqualTo(runs);
        return most;
    }

    private void sample(String lane, AtomicInteger done, int runs, Map<String, Long> most) {
        try (var connection = rows.transaction();
                var count = connection.prepareStatement(
                        "select coalesce(concurrency_key, ?), count(*) from leases where lane = ? group by 1")) {
            count.setString(1, NO_KEY);
            count.setString(2, lane);
            while (done.get() < runs) {
                try (var counted = count.executeQuery()) {
                    while (counted.next()) {
                        most.merge(counted.getString(1), counted.getLong(2), Math::max);
                    }
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void limit(String lane, int limit) {
        // The lane comes to be when it is first named.
        one.post("/api/v1/runs/" + one.submit(lane).path("id").asText() + "/cancel", Map.of())
                .expect(200);
        assertThat(rows.change("update lanes set max_in_flight = ? where name = ?", limit, lane))
                .isEqualTo(1);
    }

    private void submit(String lane, String key, int number) {
        submit(lane, key, number, 0);
    }

    private void submit(String lane, String key, int number, int priority) {
        var run = new HashMap<String, Object>(Map.of("lane", lane, "priority", priority));
        if (!key.equals(NO_KEY)) {
            run.put("concurrencyKey", key);
        }
        var runs = IntStream.range(0, number).mapToObj(i -> run).toList();
        one.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
    }

    private void end(Claimed claim, String ending) {
        switch (ending) {
            case "complete" -> one.complete(claim).expect(200);
            case "fail" ->
                one.asOwner(
                                claim,
                                "fail",
                                Map.of("failure", Map.of("code", "broken", "message", "m"), "retryable", false))
                        .expect(200);
            case "release" -> {
                // Back in the queue it would take the place itself.
                one.asOwner(claim, "release", Map.of()).expect(200);
                rows.change(
                        "update runs set available_at = now() + interval '1 hour' where id = cast(? as uuid)",
                        claim.runId());
            }
            case "sleep" ->
                one.asOwner(
                                claim,
                                "sleep",
                                Map.of(
                                        "until",
                                        Instant.now().plus(Duration.ofDays(1)).toString()))
                        .expect(200);
            case "cancel" ->
                one.post("/api/v1/runs/" + claim.runId() + "/cancel", Map.of()).expect(200);
            default -> throw new IllegalArgumentException(ending);
        }
    }

    private Map<String, Long> inFlight(String lane) {
        var counts = new HashMap<String, Long>();
        rows.all(
                        "select coalesce(concurrency_key, ?) as key, count(*) as leases from leases where lane = ? group by 1",
                        NO_KEY,
                        lane)
                .forEach(row -> counts.put((String) row.get("key"), (Long) row.get("leases")));
        return counts;
    }

    private static List<JsonNode> claims(Reply reply) {
        return StreamSupport.stream(reply.json().path("claims").spliterator(), false)
                .toList();
    }

    private static List<String> keysOf(Reply reply) {
        return claims(reply.expect(200)).stream()
                .map(claim -> claim.path("run").path("concurrencyKey").asText(NO_KEY))
                .toList();
    }
}
