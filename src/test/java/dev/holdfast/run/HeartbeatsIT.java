package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HeartbeatsIT {
    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    @Test
    void B1_theOwnersHeartbeatIsTheLastSignOfLife() {
        var owner = claimed("b1");
        api.beat(owner).expect(200);
        rows.change("""
                update leases set claimed_at = claimed_at - interval 'PT1M',
                    last_heartbeat_at = last_heartbeat_at - interval 'PT50S' where run_id = cast(? as uuid)""", owner.runId());
        var before = time(api.run(owner.runId()), "lastHeartbeatAt");

        var word = api.beat(owner).expect(200).json();

        var run = api.run(owner.runId());
        var beaten = time(run, "lastHeartbeatAt");
        assertThat(Duration.between(before, beaten)).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(80));
        // The lane's two minutes count from it, and the run key's two hours.
        assertThat(time(word, "leaseExpiresAt"))
                .isEqualTo(beaten.plus(Duration.ofMinutes(2)))
                .isEqualTo(time(run, "leaseExpiresAt"));
        assertThat(time(word, "runKeyExpiresAt")).isEqualTo(beaten.plus(Duration.ofHours(2)));
        assertThat(run.path("state").asText()).isEqualTo("running");
    }

    @Test
    void B1_anyOtherFenceLeavesTheRowAsItIs() {
        var owner = claimed("b1");
        api.beat(owner).expect(200);
        var before = rows.everythingOf(owner.runId());

        for (var fence : List.of(0L, owner.fence() - 1, owner.fence() + 1, Long.MAX_VALUE)) {
            api.asOwner(owner.withFence(fence), "heartbeat", Map.of("progress", 1, "checkpoint", 2))
                    .expect(409, "lease_lost");
        }

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void B1_theFirstHeartbeatStartsTheRunAndNoOtherWritesAnEvent() {
        var owner = claimed("b1");
        IntStream.range(0, 3).forEach(i -> api.beat(owner).expect(200));

        assertThat(rows.all("select type from events where run_id = cast(? as uuid) order by seq", owner.runId()))
                .extracting(event -> event.get("type"))
                .containsExactly("submitted", "claimed", "started");
    }

    @Test
    void B9_aHundredHeartbeatsLeaveTheVersionThatAPersonHasSeen() {
        var owner = claimed("b9");
        api.beat(owner).expect(200); // the first one is a move
        var seen = api.get("/api/v1/runs/" + owner.runId()).expect(200).header("ETag");
        var row = rows.one("select cast(xmin as text) from runs where id = cast(? as uuid)", owner.runId());

        IntStream.range(0, 100)
                .forEach(i -> api.asOwner(owner, "heartbeat", Map.of("progress", Map.of("done", i), "checkpoint", i))
                        .expect(200));

        assertThat(rows.one("select cast(xmin as text) from runs where id = cast(? as uuid)", owner.runId()))
                .as("the run's row is not even touched")
                .isEqualTo(row);
        assertThat(api.get("/api/v1/runs/" + owner.runId()).expect(200).header("ETag"))
                .isEqualTo(seen);
        api.with("If-Match", seen)
                .post("/api/v1/runs/" + owner.runId() + "/cancel", Map.of())
                .expect(200);
        assertThat(api.run(owner.runId()).at("/progress/done").asInt()).isEqualTo(99);
    }

    @Test
    void B9_heartbeatsStayHotUpdates() {
        var owners = claimed("b9-hot", 200);
        var body = Map.of(
                "beats", owners.stream().map(owner -> item(owner, Map.of())).toList());
        api.post("/api/v1/heartbeats", body).expect(200);

        // Whoever holds a snapshot meanwhile, an ANALYZE for one, keeps old versions, and pages are full for as long.
        // An index
        // on what a heartbeat changes, or pages without room, would spoil each burst.
        await().pollDelay(Duration.ZERO).atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(hotShare(body))
                .isGreaterThanOrEqualTo(0.95));
    }

    /** Of a burst of heartbeats. What else there is of them found its page full: no index has to follow it. */
    private double hotShare(Map<String, ?> body) {
        var before = updatesOfLeases();
        // A backend tells its counts once a second at most, so it is kept busy until it has told enough.
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    api.post("/api/v1/heartbeats", body).expect(200);
                    return updatesOfLeases().get(0) - before.get(0) >= 4000;
                });
        var after = updatesOfLeases();
        double all = after.get(0) - before.get(0);
        double hot = after.get(1) - before.get(1);
        double elsewhere = after.get(2) - before.get(2);
        if ((hot + elsewhere) / all < 0.95) { // at once, by an error that is not waited over
            throw new IllegalStateException(hot + " HOT and " + elsewhere + " without room, of " + all);
        }
        return hot / all;
    }

    /** How a claim can end. Whatever the owner said last stays with the run. */
    enum Ending {
        COMPLETED("complete", Map.of(), false),
        FAILED("fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false), false),
        RETRIED("fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryAfter", "PT0S"), true),
        RELEASED("release", Map.of(), true),
        SUSPENDED(
                "sleep", Map.of("until", Instant.now().plus(Duration.ofHours(1)).toString()), false),
        CANCELLED("cancel", null, false);

        private final String route;
        private final Map<String, ?> members;
        private final boolean claimable;

        Ending(String route, Map<String, ?> members, boolean claimable) {
            this.route = route;
            this.members = members;
            this.claimable = claimable;
        }

        void end(Api api, Claimed owner) {
            if (members == null) {
                api.post("/api/v1/runs/" + owner.runId() + "/" + route, Map.of())
                        .expect(200);
            } else {
                api.asOwner(owner, route, members).expect(200);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void B9_progressAndCheckpointOutliveTheClaim(Ending ending) {
        var lane = "b9-" + ending;
        var former = claimed(lane);
        api.asOwner(former, "heartbeat", Map.of("progress", "of another claim", "checkpoint", Map.of("page", 1)))
                .expect(200);
        api.asOwner(former, "release", Map.of()).expect(200);
        var owner = api.claimOne("worker-1", lane);
        assertThat(owner.json().at("/checkpoint/page").asInt()).isEqualTo(1);
        api.asOwner(owner, "heartbeat", Map.of("progress", Map.of("done", 40), "checkpoint", Map.of("page", 4)))
                .expect(200);
        api.asOwner(owner, "heartbeat", Map.of("progress", Map.of("done", 50))).expect(200);
        var beaten = api.run(owner.runId()).path("lastHeartbeatAt");

        ending.end(api, owner);

        var run = api.run(owner.runId());
        assertThat(run.at("/progress/done").asInt()).isEqualTo(50);
        assertThat(run.at("/checkpoint/page").asInt()).isEqualTo(4);
        assertThat(run.path("lastHeartbeatAt")).isEqualTo(beaten);
        if (ending.claimable) {
            var next = api.claimOne("worker-2", lane);
            assertThat(next.json().at("/checkpoint/page").asInt()).isEqualTo(4);
            assertThat(next.json().path("run").has("progress"))
                    .as("progress is each claim's own")
                    .isFalse();
            ending.end(api, next); // without a word
            assertThat(api.run(owner.runId()).at("/checkpoint/page").asInt()).isEqualTo(4);
        }
    }

    @Test
    void B10_aBatchAnswersEachOfAThousandInOrder() {
        int runs = 1000;
        var owners = claimed("b10", runs);
        var lost = IntStream.range(0, 10).mapToObj(i -> 37 + i * 101).toList();
        lost.forEach(i -> api.asOwner(owners.get(i), "release", Map.of()).expect(200));
        var beats = IntStream.range(0, runs)
                .mapToObj(i -> item(owners.get(i), Map.of("progress", i)))
                .toList();

        var items = api.post("/api/v1/heartbeats", Map.of("beats", beats))
                .expect(200)
                .json()
                .path("items");

        assertThat(items).hasSize(runs);
        for (int i = 0; i < runs; i++) {
            var item = items.get(i);
            assertThat(item.path("index").asInt()).isEqualTo(i);
            assertThat(item.path("runId").asText()).isEqualTo(owners.get(i).runId());
            if (lost.contains(i)) {
                assertThat(item.at("/problem/code").asText()).isEqualTo("lease_lost");
                assertThat(item.at("/problem/lostBecause").asText()).isEqualTo("released");
            } else {
                assertThat(item.path("continue").asBoolean()).isTrue();
            }
        }
        assertThat(rows.count("""
                select count(*) from leases l join runs r on r.id = l.run_id
                where r.lane = 'b10' and r.state = 'running' and l.beats = 1""")).isEqualTo(990);
        assertThat(rows.count("""
                select count(*) from events e join runs r on r.id = e.run_id
                where r.lane = 'b10' and e.type = 'started'""")).isEqualTo(990);
        rows.assertInvariants();
    }

    @Test
    void B10_aRunNamedTwiceIsBeatenOnce() {
        var owner = claimed("b10-twice");

        var items = api.post(
                        "/api/v1/heartbeats",
                        Map.of(
                                "beats",
                                List.of(item(owner, Map.of("progress", 1)), item(owner, Map.of("progress", 2)))))
                .expect(200)
                .json();

        assertThat(items.at("/items/0/continue").asBoolean()).isTrue();
        assertThat(items.at("/items/1/problem/violations/0/field").asText()).isEqualTo("runId");
        assertThat(api.run(owner.runId()).path("progress").asInt()).isEqualTo(1);
    }

    private List<Long> updatesOfLeases() {
        var row = rows.one(
                "select n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd from pg_stat_user_tables where relname = 'leases'");
        return List.of(
                (long) row.get("n_tup_upd"), (long) row.get("n_tup_hot_upd"), (long) row.get("n_tup_newpage_upd"));
    }

    private Claimed claimed(String lane) {
        return claimed(lane, 1).get(0);
    }

    private List<Claimed> claimed(String lane, int number) {
        var runs =
                IntStream.range(0, number).mapToObj(i -> Map.of("lane", lane)).toList();
        api.post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
        var owners = new ArrayList<Claimed>();
        while (owners.size() < number) {
            var claims = api.claim("worker-1", lane, Math.min(100, number - owners.size()))
                    .expect(200)
                    .json()
                    .path("claims");
            assertThat(claims).isNotEmpty();
            StreamSupport.stream(claims.spliterator(), false).map(Claimed::of).forEach(owners::add);
        }
        return owners;
    }

    private static Map<String, Object> item(Claimed owner, Map<String, ?> members) {
        var item = owner.body(members);
        item.put("runId", owner.runId());
        return item;
    }

    private static Instant time(JsonNode json, String member) {
        return Instant.parse(json.path(member).asText());
    }
}
