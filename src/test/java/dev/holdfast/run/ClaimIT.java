package dev.holdfast.run;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Claiming: each run to one worker, in order, and none that may not be had. */
class ClaimIT {
    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void A1_fiftyParallelClaimsOverTwentyRunsHandEachOutOnce() {
        for (int round = 0; round < 4; round++) {
            var lane = "rush-" + round;
            submitMany(lane, 20);

            var replies = Api.inParallel(50, i -> (i % 2 == 0 ? one : two).claim("worker-" + i, lane, 1));

            assertThat(replies).extracting(Reply::status).containsOnly(200);
            assertThat(replies).filteredOn(reply -> claims(reply).isEmpty()).hasSize(30);
            var given = replies.stream()
                    .flatMap(reply -> claims(reply).stream())
                    .map(claim -> claim.path("run").path("id").asText() + " at "
                            + claim.path("fence").asLong())
                    .toList();
            assertThat(given).hasSize(20).doesNotHaveDuplicates();
            assertThat(given)
                    .containsExactlyInAnyOrderElementsOf(
                            rows.all("select id, fence from runs where lane = ? and state = 'claimed'", lane).stream()
                                    .map(run -> run.get("id") + " at " + run.get("fence"))
                                    .toList());
        }
    }

    @Test
    void A1_parallelClaimsOfSeveralRunsShareThemWithoutOverlap() {
        submitMany("rush-of-many", 100);
        var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two).claim("worker-" + i, "rush-of-many", 7));

        var ids = replies.stream()
                .flatMap(reply -> claims(reply.expect(200)).stream())
                .map(ClaimIT::id)
                .toList();
        assertThat(ids).hasSize(100).doesNotHaveDuplicates();
    }

    @Test
    void A2_aClaimOpensItsLeaseWithOneTimeItsWorkerItsFenceAndTheHashOfItsKey() {
        var run = one.submit("lease", Map.of("concurrencyKey", "k"));
        var claim = one.claimOne("worker-7", "lease");

        var lease = rows.one("""
                select l.*, r.claimed_at as of_run, r.worker_id as worker_of_run, r.fence as fence_of_run, r.state,
                       l.key_expires_at = l.claimed_at + interval '2 hours' as valid_two_hours,
                       l.key_dies_at = l.claimed_at + interval '24 hours' as capped_at_a_day
                from leases l join runs r on r.id = l.run_id where l.run_id = ?""", UUID.fromString(claim.runId()));
        assertThat(claim.runId()).isEqualTo(run.path("id").asText());
        assertThat(lease.get("last_heartbeat_at")).isEqualTo(lease.get("claimed_at"));
        assertThat(lease.get("of_run")).isEqualTo(lease.get("claimed_at"));
        assertThat(lease.get("state")).isEqualTo("claimed");
        assertThat(lease.get("worker_id")).isEqualTo("worker-7").isEqualTo(lease.get("worker_of_run"));
        assertThat(lease.get("fence"))
                .isEqualTo(claim.fence())
                .isEqualTo(lease.get("fence_of_run"))
                .isEqualTo(1L);
        assertThat(lease.get("concurrency_key")).isEqualTo("k");
        assertThat(lease.get("beats")).isEqualTo(0);
        // hfr_, the run's id, then the secret and a checksum
        assertThat((byte[]) lease.get("key_hash"))
                .isEqualTo(KeyFormat.hashOfSecret(claim.runKey().substring(36, 79)));
        assertThat(lease).containsEntry("valid_two_hours", true).containsEntry("capped_at_a_day", true);

        var shown = claim.json().path("run");
        assertThat(shown).isEqualTo(one.run(claim.runId()));
        assertThat(shown.path("lastHeartbeatAt")).isEqualTo(shown.path("claimedAt"));
        assertThat(claim.json().path("heartbeatEvery").asText()).isEqualTo("PT30S");
        assertThat(Instant.parse(claim.json().path("leaseExpiresAt").asText()))
                .as("two hours: an optional lane's claim that has not beaten")
                .isEqualTo(Instant.parse(shown.path("claimedAt").asText()).plus(Duration.ofHours(2)));
    }

    @Test
    void A3_higherPriorityFirstThenLongestAvailableThenId() {
        var first = one.submit("order", Map.of("priority", 5)).path("id").asText();
        var twin = one.submit("order", Map.of("priority", 5)).path("id").asText();
        var last = one.submit("order", Map.of("priority", -100)).path("id").asText();
        var urgent = one.submit("order", Map.of("priority", 100)).path("id").asText();
        var plain = one.submit("order").path("id").asText();
        var longest = one.submit("order", Map.of("priority", 5)).path("id").asText();
        rows.change(
                "update runs set available_at = available_at - interval '1 minute' where id = ?",
                UUID.fromString(longest));
        rows.change(
                "update runs set available_at = (select available_at from runs where id = ?) where id = ?",
                UUID.fromString(first),
                UUID.fromString(twin));

        var order = new ArrayList<String>();
        order.addAll(ids(one.claim("worker", "order", 1)));
        order.addAll(ids(two.claim("worker", "order", 3)));
        order.addAll(ids(one.claim("worker", "order", 1)));
        order.addAll(ids(two.claim("worker", "order", 100)));

        assertThat(order).containsExactly(urgent, longest, first, twin, plain, last);
    }

    @Test
    void A3_severalLanesAreOneOrderAndNoOtherLaneIsTouched() {
        var inB = one.submit("several-b", Map.of("priority", 2)).path("id").asText();
        var inA = one.submit("several-a", Map.of("priority", 1)).path("id").asText();
        var bestInA = one.submit("several-a", Map.of("priority", 3)).path("id").asText();
        var laterInB = one.submit("several-b", Map.of("priority", 1)).path("id").asText();
        var elsewhere =
                one.submit("several-c", Map.of("priority", 100)).path("id").asText();

        var claimed = claimOf(one, List.of("several-a", "several-b", "never-heard-of", "several-a"), 10);

        assertThat(ids(claimed)).containsExactly(bestInA, inB, inA, laterInB);
        assertThat(one.run(elsewhere).path("state").asText()).isEqualTo("queued");
        assertThat(rows.count("select count(*) from lanes where name = 'never-heard-of'"))
                .as("asking for a lane does not make it")
                .isZero();
    }

    @Test
    void A3_thirtyTwoLanesCanBeAskedAtOnce() {
        var lanes = IntStream.range(0, 32).mapToObj(i -> "wide-" + i).toList();
        lanes.forEach(one::submit);
        assertThat(ids(claimOf(two, lanes, 100))).hasSize(32);
    }

    @Test
    void A3_aClaimTakesAsManyAsItAsksForEachWithAKeyOfItsOwn() {
        submitMany("many", 105);

        var most = claims(one.claim("worker", "many", 100).expect(200));
        assertThat(most).hasSize(100);
        var rest = claims(two.claim("worker", "many", 100).expect(200));
        assertThat(rest).hasSize(5);

        assertThat(Stream.concat(most.stream(), rest.stream()).map(ClaimIT::id)).doesNotHaveDuplicates();
        assertThat(rest).allSatisfy(claim -> {
            var itsKey = two.withKey(claim.path("runKey").asText());
            assertThat(itsKey.run(id(claim)).path("id").asText()).isEqualTo(id(claim));
        });
        assertThat(rest.stream().map(claim -> claim.path("runKey")).collect(toSet()))
                .hasSize(5);
    }

    @Test
    void A3_whatIsNotYetAvailableIsNotClaimed() {
        var delayed = one.submit("ahead", Map.of("delay", "PT1H"));
        var dated = one.submit("ahead", Map.of("availableAt", "2099-01-01T05:30:00+05:30"));
        var past = one.submit("ahead", Map.of("availableAt", "2020-01-01T00:00:00Z"));
        var now = one.submit("ahead", Map.of("delay", "PT0S"));

        assertThat(Duration.between(
                        Instant.parse(delayed.path("submittedAt").asText()),
                        Instant.parse(delayed.path("availableAt").asText())))
                .isEqualTo(Duration.ofHours(1));
        assertThat(dated.path("availableAt").asText()).isEqualTo("2099-01-01T00:00:00Z");
        assertThat(ids(one.claim("worker", "ahead", 10)))
                .containsExactly(past.path("id").asText(), now.path("id").asText());

        rows.change(
                "update runs set available_at = available_at - interval '1 hour' where id = ?",
                UUID.fromString(delayed.path("id").asText()));
        assertThat(ids(two.claim("worker", "ahead", 10)))
                .containsExactly(delayed.path("id").asText());
    }

    @Test
    void A3_aPausedLaneGivesNothingAndTheOthersGoOn() {
        var held = one.submit("paused").path("id").asText();
        var free = one.submit("not-paused").path("id").asText();
        rows.change("update lanes set paused = true where name = 'paused'");

        assertThat(ids(claimOf(one, List.of("paused", "not-paused"), 10))).containsExactly(free);
        assertThat(ids(two.claim("worker", "paused", 1))).isEmpty();

        rows.change("update lanes set paused = false where name = 'paused'");
        assertThat(ids(two.claim("worker", "paused", 1))).containsExactly(held);
    }

    @Test
    void A3_workPastItsQueueTimeoutIsNotClaimed() {
        var own = Map.of("queueTimeout", "PT10M");
        var late = one.submit("queue-limit", own);
        var inTime = one.submit("queue-limit", own);
        var ofLane = one.submit("queue-limit-of-lane");
        var longerThanLane = one.submit("queue-limit-of-lane", Map.of("queueTimeout", "PT1H"));
        rows.change("update lanes set queue_timeout = 'PT10M' where name = 'queue-limit-of-lane'");
        waited(late, "10 minutes");
        waited(inTime, "9 minutes");
        waited(ofLane, "10 minutes");
        waited(longerThanLane, "10 minutes");

        assertThat(ids(claimOf(one, List.of("queue-limit", "queue-limit-of-lane"), 10)))
                .containsExactlyInAnyOrder(
                        inTime.path("id").asText(), longerThanLane.path("id").asText());
    }

    @Test
    void A3_workPastItsTotalTimeIsNotClaimed() {
        var own = Map.of("runTimeout", "PT10M");
        var late = one.submit("run-limit", own);
        var inTime = one.submit("run-limit", own);
        var ofLane = one.submit("run-limit-of-lane");
        rows.change("update lanes set run_timeout = 'PT10M' where name = 'run-limit-of-lane'");
        lived(late, "10 minutes");
        lived(inTime, "9 minutes");
        lived(ofLane, "10 minutes");

        assertThat(ids(claimOf(one, List.of("run-limit", "run-limit-of-lane"), 10)))
                .containsExactly(inTime.path("id").asText());
    }

    @Test
    void A6_maxZeroClaimsNothing() {
        var run = one.submit("none");
        assertThat(claims(one.claim("worker", "none", 0).expect(200))).isEmpty();
        assertThat(one.run(run.path("id").asText())).isEqualTo(run);
    }

    @Test
    void aWaitingClaimGetsARunThatIsSubmittedOnTheOtherNode() {
        var before = now();
        var waiting = CompletableFuture.supplyAsync(
                () -> one.post(
                        "/api/v1/claims", Map.of("workerId", "patient", "lanes", List.of("wait"), "wait", "PT20S")),
                task -> new Thread(task).start());
        awaitClaimAskedSince(before);
        assertThat(waiting).isNotDone();

        var run = two.submit("wait").path("id").asText();

        assertThat(waiting.thenApply(ClaimIT::ids))
                .succeedsWithin(Duration.ofSeconds(2))
                .isEqualTo(List.of(run));
    }

    @Test
    void aClaimThatWaitedInVainIsAnsweredEmptyAtItsTime() {
        var started = System.nanoTime();
        var reply = one.post(
                "/api/v1/claims", Map.of("workerId", "patient", "lanes", List.of("wait-in-vain"), "wait", "PT0.7S"));
        var waited = Duration.ofNanos(System.nanoTime() - started);

        assertThat(claims(reply.expect(200))).isEmpty();
        assertThat(waited).isBetween(Duration.ofMillis(700), Duration.ofMillis(2000));
    }

    private void submitMany(String lane, int number) {
        var runs =
                IntStream.range(0, number).mapToObj(i -> Map.of("lane", lane)).toList();
        one.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
    }

    private static Reply claimOf(Api node, List<String> lanes, int max) {
        return node.post("/api/v1/claims", Map.of("workerId", "worker", "lanes", lanes, "max", max))
                .expect(200);
    }

    private void waited(JsonNode run, String time) {
        rows.change(
                "update runs set available_at = available_at - cast(? as interval) where id = ?",
                time,
                UUID.fromString(run.path("id").asText()));
    }

    private void lived(JsonNode run, String time) {
        rows.change(
                "update runs set submitted_at = submitted_at - cast(? as interval) where id = ?",
                time,
                UUID.fromString(run.path("id").asText()));
    }

    private Object now() {
        return rows.one("select clock_timestamp() as now").get("now");
    }

    /** The waiting claim shows in the database only: by a node's session that has asked for work since. */
    private void awaitClaimAskedSince(Object time) {
        await().atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> rows.count(
                                "select count(*) from pg_stat_activity where datname = current_database()"
                                        + " and query like 'with policy as%' and query_start > ?",
                                time)
                        > 0);
    }

    private static List<JsonNode> claims(Reply reply) {
        return StreamSupport.stream(reply.json().path("claims").spliterator(), false)
                .toList();
    }

    private static List<String> ids(Reply reply) {
        return claims(reply.expect(200)).stream().map(ClaimIT::id).toList();
    }

    private static String id(JsonNode claim) {
        return claim.path("run").path("id").asText();
    }
}
