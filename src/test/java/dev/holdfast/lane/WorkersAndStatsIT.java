package dev.holdfast.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who works, and how it goes, as any node tells it. */
class WorkersAndStatsIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api one = tenant.api();
    private final Api two = tenant.at(Cluster.node(2));

    @Test
    void workersOfAllNodesAreListedWithWhatTheyHaveInHand() {
        one.submit("sync");
        one.submit("sync");
        one.claim("a~a", "sync", 2);
        two.post("/api/v1/claims", Map.of("workerId", "b", "lanes", List.of("auth", "sync")));

        await().untilAsserted(() -> assertThat(workers(one, ""))
                .hasSize(2)
                .allMatch(worker -> worker.path("lastPollAt").asText().endsWith("Z")));
        var listed = workers(two, "");
        assertThat(listed.get(0).path("id").asText()).isEqualTo("a~a");
        assertThat(listed.get(0).path("inFlight").asInt()).isEqualTo(2);
        assertThat(listed.get(1).path("lanes")).extracting(JsonNode::asText).containsExactly("auth", "sync");
        assertThat(listed.get(1).path("inFlight").asInt()).isZero();
        assertThat(workers(Tenant.newOn(Cluster.node(2), rows).api(), "")).isEmpty();
    }

    @Test
    void aWorkerThatHasNotAskedForADayIsListedWhileItHasARun() {
        var claim = tenant.claimed("sync");
        one.claim("idle", "sync", 1);
        await().until(() -> rows.count("select count(*) from pollers where tenant_id = ?", tenant.id()) == 2);
        rows.change("update pollers set last_poll_at = last_poll_at - interval 'P2D' where tenant_id = ?", tenant.id());
        one.claim("somebody", "other", 1); // lets the old be forgotten

        await().untilAsserted(() -> assertThat(workers(one, ""))
                .extracting(worker -> worker.path("id").asText())
                .containsExactly("somebody", "worker-of-sync"));
        var busy = workers(one, "").get(1);
        assertThat(busy.has("lastPollAt")).isFalse();
        assertThat(busy.path("lanes")).extracting(JsonNode::asText).containsExactly("sync");
        assertThat(busy.has("lastBeatAt")).isFalse();
        one.beat(claim).expect(200);
        assertThat(workers(one, "").get(1).has("lastBeatAt")).isTrue();
        one.complete(claim).expect(200);
        assertThat(workers(one, "")).hasSize(1);
    }

    @Test
    void workersComeInPages() {
        rows.change("""
                insert into pollers (tenant_id, worker_id, lanes, last_poll_at)
                select ?, 'w~' || n || '~', '{sync}', now() from generate_series(1, 7) n""", tenant.id());
        var all = workers(one, "").stream()
                .map(worker -> worker.path("id").asText())
                .toList();

        var page = one.get("/api/v1/workers?limit=3").expect(200).json();
        var next = two.get("/api/v1/workers?limit=3&cursor="
                        + page.path("nextCursor").asText())
                .expect(200)
                .json();
        var last = workers(one, "?limit=3&cursor=" + next.path("nextCursor").asText());
        assertThat(all).hasSize(7);
        assertThat(Stream.of(
                                page.path("items").valueStream(),
                                next.path("items").valueStream(),
                                last.stream())
                        .flatMap(items -> items)
                        .map(worker -> worker.path("id").asText()))
                .containsExactlyElementsOf(all);
        one.get("/api/v1/workers?cursor=!").expect(400);
        one.get("/api/v1/workers?lane=sync").expect(400);
    }

    @Test
    void statsCountByLaneAndStateWithAgesAndTheLastMinutes() {
        assertThat(one.get("/api/v1/stats").expect(200).json().path("lanes")).isEmpty();
        IntStream.range(0, 3).forEach(i -> one.submit("queued"));
        one.submit("queued", Map.of("delay", "PT1H"));
        rows.change("""
                update runs set available_at = available_at - interval 'PT1M', submitted_at = submitted_at - interval 'PT2M'
                where tenant_id = ?""", tenant.id());
        tenant.claimed("busy");
        tenant.beating("busy");
        one.complete(tenant.claimed("done")).expect(200);
        var forGood = Map.of("failure", Map.of("code", "c", "message", "m"), "retryable", false);
        one.asOwner(tenant.claimed("done"), "fail", forGood).expect(200);
        one.post("/api/v1/runs/" + one.submit("done").path("id").asText() + "/cancel", null)
                .expect(200);
        one.ask(tenant.claimed("asking"), Map.of()).expect(201);
        rows.change(
                "update approvals set requested_at = requested_at - interval 'PT5M' where tenant_id = ?", tenant.id());
        tenant.lane("dead", Map.of("heartbeat", "required"));
        tenant.claimedAgo(tenant.claimed("dead"), Duration.ofHours(1));
        one.post("/api/v1/sweeps", Map.of("phases", List.of("leases"))).expect(200);

        var stats = two.get("/api/v1/stats").expect(200).json();
        assertThat(lane(stats, "queued")).isEqualTo(List.of(4, 0, 0, 0));
        assertThat(lane(stats, "busy")).isEqualTo(List.of(0, 1, 1, 0));
        assertThat(lane(stats, "asking")).isEqualTo(List.of(0, 0, 0, 1));
        assertThat(lane(stats, "dead")).isEqualTo(List.of(1, 0, 0, 0));
        assertThat(stats.path("lanes")).hasSize(4);
        assertThat(counts(stats)).isEqualTo(List.of(5, 1, 1, 1));
        assertThat(Duration.parse(stats.path("oldestQueuedAge").asText()))
                .isBetween(Duration.ofMinutes(1), Duration.ofMinutes(2));
        assertThat(stats.path("pendingApprovals").asInt()).isEqualTo(1);
        assertThat(Duration.parse(stats.path("oldestPendingApprovalAge").asText()))
                .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
        assertThat(stats.path("minutes")).hasSize(5);
        assertThat(Stream.of("submitted", "completed", "failed", "cancelled", "reaped")
                        .map(what -> sum(stats, what)))
                .containsExactly(11, 1, 1, 1, 1);
    }

    private static List<JsonNode> workers(Api api, String query) {
        return api.get("/api/v1/workers" + query)
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .toList();
    }

    private static List<Integer> lane(JsonNode stats, String name) {
        return stats.path("lanes")
                .valueStream()
                .filter(lane -> lane.path("name").asText().equals(name))
                .map(WorkersAndStatsIT::counts)
                .findFirst()
                .orElseThrow();
    }

    private static List<Integer> counts(JsonNode of) {
        return Stream.of("queued", "claimed", "running", "suspended")
                .map(state -> of.path(state).asInt())
                .toList();
    }

    private static int sum(JsonNode stats, String what) {
        return stats.path("minutes")
                .valueStream()
                .mapToInt(minute -> minute.path(what).asInt())
                .sum();
    }
}
