package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What becomes of a run whose owner says that it failed, or hands it back. */
class FailuresIT {
    private static final Map<String, ?> FAILURE =
            Map.of("code", "rate_limited", "message", "429 from the CRM", "details", Map.of("after", 60));

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    @Test
    void B8_aRetryableFailureQueuesTheRunAgain() {
        var owner = claimed("b8-retry", Map.of());

        var run = fail(owner, Map.of());

        assertThat(run.path("state").asText()).isEqualTo("queued");
        assertThat(run.path("failures").asInt()).isEqualTo(1);
        assertThat(run.path("attempt").asInt()).isEqualTo(1);
        assertThat(run.has("failure")).isFalse();
        assertThat(run.has("workerId")).isFalse();
        assertThat(run.has("claimedAt")).isFalse();
        var event = lastEvent(owner);
        assertThat(event.path("type").asText()).isEqualTo("retried");
        assertThat(event.path("reason").asText()).isEqualTo("429 from the CRM");
        assertThat(event.at("/data/code").asText()).isEqualTo("rate_limited");
        assertThat(event.at("/data/details/after").asInt()).isEqualTo(60);
    }

    /** At the n-th failure: anywhere up to initial × factor^(n-1), and never beyond the longest. */
    @Test
    void B8_theBackoffDoublesWithFullJitterUpToItsBound() {
        var lane = "b8-backoff";
        int runs = 100;
        submit(lane, runs);
        rows.change("""
                update lanes set backoff_initial = 'PT10S', backoff_factor = 2, backoff_max = 'PT30S', max_attempts = 9
                where name = ?""", lane);

        for (var bound : List.of(10, 20, 30, 30)) {
            var claims = api.claim("worker-1", lane, runs).expect(200).json().path("claims");
            assertThat(claims).hasSize(runs);
            failAll(claims);

            var waits = rows.all("""
                            select extract(epoch from r.available_at - e.at) as seconds
                            from runs r join events e on e.run_id = r.id and e.seq = r.event_count
                            where r.lane = ? and e.type = 'retried'""", lane).stream()
                    .mapToDouble(row -> ((Number) row.get("seconds")).doubleValue())
                    .sorted()
                    .toArray();
            assertThat(waits).hasSize(runs).doesNotHaveDuplicates();
            assertThat(waits[0]).isBetween(0.0, bound * 0.2);
            assertThat(waits[runs - 1]).isBetween(bound * 0.8, (double) bound);
            assertThat(waits[runs / 2]).isBetween(bound * 0.25, bound * 0.75);
            makeAvailable(lane);
        }
    }

    @Test
    void B8_aRunThatBacksOffIsNotClaimedBefore() {
        var owner = claimed("b8-wait", Map.of());
        fail(owner, Map.of("retryAfter", "PT1M"));

        assertThat(api.claim("worker-2", "b8-wait", 1).expect(200).json().path("claims"))
                .isEmpty();
        makeAvailable("b8-wait");
        assertThat(api.claimOne("worker-2", "b8-wait").fence()).isEqualTo(owner.fence() + 1);
    }

    @Test
    void B8_theWorkersOwnWaitTakesThePlaceOfTheBackoff() {
        for (var wait : List.of("PT0S", "PT90S", "P30D")) {
            var owner = claimed("b8-own-wait", Map.of());

            var run = fail(owner, Map.of("retryAfter", wait));

            var at = Instant.parse(lastEvent(owner).path("at").asText());
            assertThat(Instant.parse(run.path("availableAt").asText())).isEqualTo(at.plus(Duration.parse(wait)));
            api.post("/api/v1/runs/" + owner.runId() + "/cancel", null).expect(200);
        }
    }

    @Test
    void B8_theLastAttemptOfTheLaneFails() {
        var lane = "b8-lane-budget";
        var run = api.submit(lane).path("id").asText();

        for (int failures = 1; failures <= 3; failures++) { // the default
            var failed = fail(api.claimOne("worker-1", lane), Map.of("retryAfter", "PT0S"));
            assertThat(failed.path("failures").asInt()).isEqualTo(failures);
            assertThat(failed.path("state").asText()).isEqualTo(failures < 3 ? "queued" : "failed");
        }

        assertFailedForGood(run);
    }

    @Test
    void B8_theBudgetOfTheRunGoesBeforeTheLanes() {
        var more = claimed("b8-run-budget", Map.of("maxAttempts", 4));
        for (int failures = 1; failures <= 3; failures++) {
            assertThat(fail(more, Map.of("retryAfter", "PT0S")).path("state").asText())
                    .isEqualTo("queued");
            more = api.claimOne("worker-1", "b8-run-budget");
        }
        assertThat(fail(more, Map.of()).path("state").asText()).isEqualTo("failed");

        var one = claimed("b8-run-budget", Map.of("maxAttempts", 1));
        assertThat(fail(one, Map.of()).path("state").asText()).isEqualTo("failed");
    }

    @Test
    void B8_whatIsNotRetryableFailsAtOnce() {
        var owner = claimed("b8-final", Map.of());

        var run = fail(owner, Map.of("retryable", false, "retryAfter", "PT0S"));

        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertFailedForGood(owner.runId());
        assertThat(api.claim("worker-2", "b8-final", 1).expect(200).json().path("claims"))
                .isEmpty();
    }

    @Test
    void B8_aReleaseCostsNoAttemptAndKeepsTheCheckpoint() {
        var lane = "b8-release";
        var owner = claimed(lane, Map.of("maxAttempts", 1));
        api.asOwner(owner, "heartbeat", Map.of("checkpoint", Map.of("page", 7))).expect(200);

        for (int times = 0; times < 3; times++) {
            var run = api.asOwner(owner, "release", Map.of()).expect(200).json();
            assertThat(run.path("state").asText()).isEqualTo("queued");
            assertThat(run.path("failures").asInt()).isZero();
            assertThat(run.at("/checkpoint/page").asInt()).isEqualTo(7);

            owner = api.claimOne("worker-2", lane); // available at once
            assertThat(owner.json().at("/checkpoint/page").asInt()).isEqualTo(7);
        }

        // Its only attempt is still to be failed.
        assertThat(fail(owner, Map.of()).path("failures").asInt()).isEqualTo(1);
        assertFailedForGood(owner.runId());
    }

    @Test
    void B8_inABatchEachHasItsOwnBudget() {
        var lane = "b8-batch";
        var last = claimed(lane, Map.of("maxAttempts", 1));
        var first = claimed(lane, Map.of("maxAttempts", 2));
        var never = claimed(lane, Map.of());

        var items = api.post(
                        "/api/v1/completions",
                        Map.of(
                                "items",
                                List.of(
                                        item(last, Map.of()),
                                        item(first, Map.of()),
                                        item(never, Map.of("retryable", false)))))
                .expect(200)
                .json();

        assertThat(items.at("/items/0/run/state").asText()).isEqualTo("failed");
        assertThat(items.at("/items/1/run/state").asText()).isEqualTo("queued");
        assertThat(items.at("/items/2/run/state").asText()).isEqualTo("failed");
    }

    private void assertFailedForGood(String id) {
        var run = api.run(id);
        assertThat(run.path("state").asText()).isEqualTo("failed");
        assertThat(run.at("/failure/code").asText()).isEqualTo("rate_limited");
        assertThat(run.at("/failure/category").asText()).isEqualTo("work");
        assertThat(run.at("/failure/message").asText()).isEqualTo("429 from the CRM");
        assertThat(run.at("/failure/details/after").asInt()).isEqualTo(60);
        assertThat(run.at("/failure/at")).isEqualTo(run.path("endedAt"));
    }

    private JsonNode fail(Claimed owner, Map<String, ?> members) {
        return api.asOwner(owner, "fail", withFailure(members)).expect(200).json();
    }

    private void failAll(JsonNode claims) {
        var items = StreamSupport.stream(claims.spliterator(), false)
                .map(claim -> item(Claimed.of(claim), Map.of()))
                .toList();
        api.post("/api/v1/completions", Map.of("items", items)).expect(200);
    }

    private static Map<String, Object> item(Claimed owner, Map<String, ?> members) {
        var item = owner.body(withFailure(members));
        item.put("runId", owner.runId());
        return item;
    }

    private static Map<String, Object> withFailure(Map<String, ?> members) {
        var all = new java.util.HashMap<String, Object>(members);
        all.put("failure", FAILURE);
        return all;
    }

    private JsonNode lastEvent(Claimed owner) {
        var events = api.get("/api/v1/runs/" + owner.runId() + "/events")
                .expect(200)
                .json()
                .path("items");
        return events.get(events.size() - 1);
    }

    private Claimed claimed(String lane, Map<String, ?> members) {
        api.submit(lane, members);
        return api.claimOne("worker-1", lane);
    }

    private void submit(String lane, int number) {
        var runs =
                IntStream.range(0, number).mapToObj(i -> Map.of("lane", lane)).toList();
        api.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
    }

    private void makeAvailable(String lane) {
        rows.change("update runs set available_at = now() where lane = ? and state = 'queued'", lane);
    }
}
