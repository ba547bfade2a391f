package dev.holdfast.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Follower;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120) // whoever takes a stream for a reply waits for its end
class RunStreamIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();
    private final String key = tenant.newKey(Tenant.SCOPES);

    @Test
    void I3_aStreamGivesWhatThereIsThenWhatComesAndEndsWithTheRun() {
        var owner = tenant.claimed("live");
        try (var there = Follower.ofRun(Cluster.node(2), key, owner.runId());
                var here = Follower.ofRun(Cluster.node(1), key, owner.runId())) {
            there.await(2);
            api.beat(owner).expect(200);
            there.await(3);
            api.complete(owner).expect(200);

            assertThat(there.awaitEnd().types()).containsExactly("submitted", "claimed", "started", "completed");
            assertThat(there.events().stream().map(Follower.Event::json)).isEqualTo(tenant.events(owner.runId()));
            assertThat(there.lines()).endsWith("event: end", "data: {}", "");
            assertThat(here.awaitEnd().types()).isEqualTo(there.types());
            assertThat(there.headers().get("cache-control")).containsExactly("no-store");
            assertThat(there.headers().get("x-accel-buffering")).containsExactly("no");
            assertThat(there.headers().get("content-type")).containsExactly("text/event-stream");
            // a browser comes back whatever the end was, until it is told that there is nothing more
            stream("/api/v1/runs/" + owner.runId() + "/events", there.lastId()).expect(204);
            stream("/api/v1/runs/" + owner.runId() + "/events?after=4", null).expect(204);
        }
    }

    @Test
    void I3_cutInTheMiddleAndResumedOnAnotherNodeItMissesNothingAndDoublesNothing() {
        var owner = tenant.claimed("cut");
        var path = "/api/v1/runs/" + owner.runId() + "/events";
        String last;
        try (var first = Follower.ofRun(Cluster.node(1), key, owner.runId())) {
            report(owner, 0, 5);
            last = first.await(7).lastId();
            assertThat(first.events()).hasSize(7);
        }
        report(owner, 5, 10);
        try (var second = Follower.open(Cluster.node(2), key, path, last)) {
            report(owner, 10, 12);
            second.await(7);
            api.complete(owner).expect(200);
            var numbers = second.awaitEnd().events().stream().map(Follower.Event::number);
            assertThat(numbers).containsExactly(8, 9, 10, 11, 12, 13, 14, 15);
        }
    }

    @Test
    void I3_aFailedRunMayBeResumedSoItsStreamStaysOpen() {
        var owner = tenant.claimed("failed");
        try (var follower = Follower.ofRun(Cluster.node(1), key, owner.runId())) {
            api.asOwner(owner, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                    .expect(200);
            follower.awaitType("failed").awaitUntil(open -> open.lines().contains(": ping"));
            api.post("/api/v1/runs/" + owner.runId() + "/resume", Map.of()).expect(200);
            follower.awaitType("resumed");
            api.post("/api/v1/runs/" + owner.runId() + "/cancel", Map.of()).expect(200);
            assertThat(follower.awaitEnd().lines()).contains("event: end");
        }
    }

    @Test
    void I3_whatAWorkerReportsComesWholeHoweverItWasWritten() {
        var owner = tenant.claimed("pretty");
        var data = "{\n \"text\": \"two\\nlines\",\r\n \"numbers\": [1,\n2]}";
        api.post(
                        "/api/v1/runs/" + owner.runId() + "/events",
                        "{\"fence\":%d,\"events\":[{\"type\":\"step\",\"data\":%s},{\"type\":\"large\",\"data\":\"%s\"}]}"
                                .formatted(owner.fence(), data, "x".repeat(600_000)))
                .expect(201);
        report(owner, 0, 100);
        report(owner, 100, 200);
        report(owner, 200, 300);
        try (var follower = Follower.ofRun(Cluster.node(2), key, owner.runId())) {
            follower.await(304);
            assertThat(follower.events().get(2).json().at("/data/text").asText())
                    .isEqualTo("two\nlines");
            assertThat(follower.events().get(3).json().at("/data").asText()).hasSize(600_000);
            assertThat(follower.events().stream().map(Follower.Event::number)).isSorted();
        }
    }

    @Test
    void H3_aRevokedKeyEndsItsStreams() {
        var owner = tenant.claimed("revoked");
        var reader = api.post("/api/v1/keys", Map.of("name", "reader", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        try (var follower = Follower.ofRun(Cluster.node(2), reader.path("key").asText(), owner.runId());
                var other = Follower.ofRun(Cluster.node(2), key, owner.runId())) {
            follower.await(2);
            api.delete("/api/v1/keys/" + reader.path("id").asText()).expect(204);
            assertThat(follower.awaitEnd().lines()).noneMatch("event: end"::equals);
            assertThat(other.isEnded()).isFalse();
        }
    }

    @Test
    void H13_aDisabledTenantEndsItsStreams() {
        var other = Tenant.newOn(Cluster.node(1), rows);
        try (var follower =
                Follower.open(Cluster.node(2), other.newKey(List.of("runs:read")), "/api/v1/events", null)) {
            rows.change("update tenants set disabled_at = now() where id = ?", other.id());
            follower.awaitEnd();
        }
    }

    @Test
    void H7_aRunKeyFollowsItsRunUntilTheClaimEnds() {
        var owner = tenant.claimed("own");
        try (var follower = Follower.ofRun(Cluster.node(2), owner.runKey(), owner.runId())) {
            api.asOwner(owner, "release", Map.of()).expect(200);
            assertThat(follower.awaitEnd().types()).startsWith("submitted", "claimed");
        }
        var another = tenant.claimed("another").runId();
        var stream = api.withKey(tenant.claimed("third").runKey()).with("Accept", "text/event-stream");
        stream.get("/api/v1/runs/" + another + "/events").expect(404, "not_found");
        stream.get("/api/v1/events").expect(403, "forbidden");
    }

    @Test
    void B6_badRequestsAreRefusedByName() {
        var run = api.submit("bad").path("id").asText();
        var path = "/api/v1/runs/" + run + "/events";
        for (var id : List.of("x", "-1", "12345678901", "1.5")) {
            assertThat(violated(stream(path, id).expect(400, "invalid_request")))
                    .isEqualTo("Last-Event-ID");
            assertThat(violated(stream("/api/v1/events", id).expect(400, "invalid_request")))
                    .isEqualTo("Last-Event-ID");
        }
        assertThat(violated(stream(path + "?after=x", null).expect(400))).isEqualTo("after");
        assertThat(violated(stream(path + "?limit=5", null).expect(400))).isEqualTo("limit");
        assertThat(violated(stream("/api/v1/events?cursor=x", null).expect(400)))
                .isEqualTo("cursor");
        stream("/api/v1/runs/" + UUID.randomUUID() + "/events", null).expect(404, "not_found");
        stream("/api/v1/runs/x/events", null).expect(404, "not_found");
        var elsewhere = Tenant.newOn(Cluster.node(1), rows).api().with("Accept", "text/event-stream");
        elsewhere.get(path).expect(404, "not_found");
    }

    @Test
    void theCallersAcceptDecides() {
        var run = api.submit("accept").path("id").asText();
        for (var path : List.of("/api/v1/runs/" + run + "/events", "/api/v1/events")) {
            for (var json : List.of("*/*", "application/json", "application/*", "text/event-stream;q=0.5, */*")) {
                var reply = api.with("Accept", json).get(path).expect(200);
                assertThat(reply.header("Content-Type")).as(json).startsWith("application/json");
            }
            api.with("Accept", "text/html").get(path).expect(406, "not_acceptable");
            var head = api.with("Accept", "text/event-stream")
                    .send("HEAD", path, null)
                    .expect(200);
            assertThat(head.header("Content-Type")).startsWith("text/event-stream");
            try (var both = Follower.open(Cluster.node(1), key, path, "")) {
                assertThat(both.headers().get("content-type")).containsExactly("text/event-stream");
            }
        }
    }

    private void report(Claimed owner, int from, int to) {
        var events = IntStream.range(from, to)
                .mapToObj(i -> Map.of("type", "step", "data", i))
                .toList();
        api.asOwner(owner, "events", Map.of("events", events)).expect(201);
    }

    /** For what is no stream in the end. */
    private Reply stream(String path, String lastEventId) {
        return api.with("Accept", "text/event-stream")
                .with("Last-Event-ID", lastEventId)
                .get(path);
    }

    private static String violated(Reply reply) {
        JsonNode violations = reply.json().path("violations");
        return violations.get(0).path("field").asText();
    }
}
