package dev.holdfast.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class TimelineIT {
    private final Api administrator = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();
    private final String lane = "i3-" + UUID.randomUUID();

    /** What a line of the timeline must say, besides when. */
    record Line(
            String type,
            String kind,
            String actor,
            String from,
            String to,
            long fence,
            String reason,
            String correlationId) {}

    @Test
    void I3_eachMoveHasOneEventThatSaysWhoFromWhereToWhereWhyAndWhen() {
        var producer = withKey("i3 producer", "runs:submit", "runs:read");
        var worker = withKey("i3 worker", "runs:work");
        var operator = withKey("i3 operator", "runs:operate");
        var began = now();

        var run = as(producer, "c-1").submit(lane).path("id").asText();
        var first = as(worker, "c-2").claimOne("worker-1", lane);
        as(worker, "c-3").beat(first).expect(200);
        as(worker, "c-3a").beat(first).expect(200); // no move, no event
        as(worker, "c-4")
                .asOwner(first, "fail", Map.of("failure", failure("429 from the CRM"), "retryAfter", "PT0S"))
                .expect(200);
        var second = as(worker, "c-5").claimOne("worker-2", lane);
        as(worker, "c-6").asOwner(second, "release", Map.of()).expect(200);
        var third = as(worker, "c-7").claimOne("worker-3", lane);
        as(worker.withKey(third.runKey()), "c-8").beat(third).expect(200);
        as(worker, "c-9")
                .asOwner(third, "events", Map.of("events", List.of(Map.of("type", "page.fetched", "data", 3))))
                .expect(201);
        as(worker, "c-9a").asOwner(first, "complete", Map.of()).expect(409); // refused, no event
        var until = now().plus(Duration.ofHours(1)).toString();
        as(worker, "c-10").asOwner(third, "sleep", Map.of("until", until)).expect(200);
        as(operator, "c-11")
                .post("/api/v1/runs/" + run + "/cancel", Map.of("reason", "superseded by order 4712"))
                .expect(200);
        as(operator, "c-11a").post("/api/v1/runs/" + run + "/cancel", Map.of()).expect(200); // changes nothing
        var ended = now();

        var events = timeline(producer, run, 100);
        assertThat(events.stream().map(TimelineIT::line))
                .containsExactly(
                        new Line("submitted", "producer", "i3 producer", "", "queued", 0, "", "c-1"),
                        new Line("claimed", "worker", "worker-1", "queued", "claimed", 1, "", "c-2"),
                        new Line("started", "worker", "worker-1", "claimed", "running", 1, "", "c-3"),
                        new Line("retried", "worker", "worker-1", "running", "queued", 1, "429 from the CRM", "c-4"),
                        new Line("claimed", "worker", "worker-2", "queued", "claimed", 2, "", "c-5"),
                        new Line("released", "worker", "worker-2", "claimed", "queued", 2, "", "c-6"),
                        new Line("claimed", "worker", "worker-3", "queued", "claimed", 3, "", "c-7"),
                        new Line("started", "worker", "worker-3", "claimed", "running", 3, "", "c-8"),
                        new Line("worker.page.fetched", "worker", "worker-3", "", "", 3, "", "c-9"),
                        new Line("suspended", "worker", "worker-3", "running", "suspended", 3, "", "c-10"),
                        new Line(
                                "cancelled",
                                "operator",
                                "i3 operator",
                                "suspended",
                                "cancelled",
                                4,
                                "superseded by order 4712",
                                "c-11"));
        assertThat(events.get(8).path("data").asInt()).isEqualTo(3);
        assertThat(events.get(9).at("/data/waitingFor").asText()).isEqualTo("timer");
        assertThat(Instant.parse(events.get(9).at("/data/until").asText())).isEqualTo(Instant.parse(until));
        assertRising(events, began, ended);
    }

    @Test
    void I3_pausesAndResumesSayWhoAndWhy() {
        var operator = withKey("i3 second operator", "runs:operate", "runs:work");
        var owner = claimed();
        var at = "/api/v1/runs/" + owner.runId();
        as(operator, "c-30")
                .post(at + "/pause", Map.of("reason", "the CRM is down"))
                .expect(200);
        as(operator, "c-31")
                .post(at + "/resume", Map.of("reason", "it is back"))
                .expect(200);
        as(operator, "c-32").post(at + "/pause", null).expect(200);
        var claim = Map.of("claim", Map.of("workerId", "worker-7"));
        as(operator, "c-33").post(at + "/resume", claim).expect(200);
        as(operator, "c-34").post(at + "/resume", claim).expect(409); // refused, no event

        var events = timeline(administrator, owner.runId(), 100);

        var name = "i3 second operator";
        assertThat(events.stream().skip(2).map(TimelineIT::line))
                .containsExactly(
                        new Line("paused", "operator", name, "claimed", "suspended", 2, "the CRM is down", "c-30"),
                        new Line("resumed", "operator", name, "suspended", "queued", 3, "it is back", "c-31"),
                        new Line("paused", "operator", name, "queued", "suspended", 4, "", "c-32"),
                        new Line("resumed", "operator", name, "suspended", "claimed", 5, "", "c-33"));
        assertThat(events.get(5).path("at").asText())
                .isGreaterThanOrEqualTo(
                        administrator.run(owner.runId()).path("claimedAt").asText());
    }

    @Test
    void I3_theEndsOfARunSayWhenTheyCame() {
        var completed = claimed();
        as(administrator, "c-20").complete(completed).expect(200);
        var failed = claimed();
        as(administrator, "c-21")
                .asOwner(failed, "fail", Map.of("failure", failure("No."), "retryable", false))
                .expect(200);

        for (var owner : List.of(completed, failed)) {
            var run = administrator.run(owner.runId());
            var events = timeline(administrator, owner.runId(), 100);
            var last = events.get(2);
            assertThat(events).hasSize(3);
            assertThat(last.path("type")).isEqualTo(run.path("state"));
            assertThat(last.path("to")).isEqualTo(run.path("state"));
            assertThat(last.path("at")).isEqualTo(run.path("endedAt"));
            assertThat(events.get(1).path("at")).isEqualTo(run.path("claimedAt"));
            assertThat(events.get(0).path("at")).isEqualTo(run.path("submittedAt"));
        }
        assertThat(timeline(administrator, failed.runId(), 100)
                        .get(2)
                        .at("/data/code")
                        .asText())
                .isEqualTo("no");
    }

    @Test
    void I3_whoMayOnlySubmitCancelsAsProducer() {
        var producer = withKey("i3 submitter", "runs:submit");
        var run = producer.submit(lane).path("id").asText();

        producer.post("/api/v1/runs/" + run + "/cancel", null).expect(200);

        var cancelled = timeline(administrator, run, 100).get(1);
        assertThat(cancelled.at("/actor/kind").asText()).isEqualTo("producer");
        assertThat(cancelled.at("/actor/id").asText()).isEqualTo("i3 submitter");
    }

    @Test
    void I3_whatAWorkerReportsCanNeverBeTakenForAMove() {
        var owner = claimed();
        var said = List.of(
                Map.of("type", "completed"), Map.of("type", "worker.failed"), Map.of("type", "worker.worker.x"));

        var written = administrator
                .asOwner(owner, "events", Map.of("events", said))
                .expect(201)
                .json()
                .path("items");

        assertThat(written.findValuesAsText("type"))
                .containsExactly("worker.completed", "worker.failed", "worker.worker.x");
        assertThat(written).noneMatch(event -> event.has("from") || event.has("to"));
        assertThat(timeline(administrator, owner.runId(), 100).subList(2, 5))
                .isEqualTo(StreamSupport.stream(written.spliterator(), false).toList());
        assertThat(administrator.run(owner.runId()).path("state").asText()).isEqualTo("claimed");
    }

    /** Read page by page while others write, the timeline misses nothing and doubles nothing. */
    @Test
    void I3_readInPagesOnAnyNodeItIsTheSame() {
        var owner = claimed();
        for (int i = 0; i < 25; i++) {
            administrator.asOwner(owner, "events", Map.of("events", List.of(Map.of("type", "step", "data", i))));
        }
        var elsewhere = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

        var inPages = timeline(elsewhere, owner.runId(), 4);

        assertThat(inPages).hasSize(27).isEqualTo(timeline(administrator, owner.runId(), 100));
    }

    @Test
    void I3_reportsOfTwoCallsAtOnceStandInOneOrder() {
        var owner = claimed();
        int callers = 8;

        Api.inParallel(callers, i -> administrator
                .asOwner(
                        owner,
                        "events",
                        Map.of("events", List.of(Map.of("type", "step", "data", i), Map.of("type", "step", "data", i))))
                .expect(201));

        var events = timeline(administrator, owner.runId(), 100);
        assertThat(events).hasSize(2 + 2 * callers);
        for (int i = 2; i < events.size(); i += 2) { // each call's lines are neighbours
            assertThat(events.get(i).path("data")).isEqualTo(events.get(i + 1).path("data"));
        }
        rows.assertInvariants();
    }

    private void assertRising(List<JsonNode> events, Instant began, Instant ended) {
        var ids = events.stream().map(event -> event.path("id").asText()).toList();
        assertThat(ids).isSorted().doesNotHaveDuplicates();
        var times = events.stream()
                .map(event -> Instant.parse(event.path("at").asText()))
                .toList();
        assertThat(times).isSorted().doesNotHaveDuplicates();
        assertThat(times.get(0)).isBetween(began, ended);
        assertThat(times.get(times.size() - 1)).isBetween(began, ended);
    }

    /** All of it, read in pages of this size. */
    private static List<JsonNode> timeline(Api api, String run, int page) {
        var events = new ArrayList<JsonNode>();
        var after = "";
        while (after != null) {
            var path =
                    "/api/v1/runs/%s/events?limit=%d%s".formatted(run, page, after.isEmpty() ? "" : "&after=" + after);
            Reply reply = api.get(path).expect(200);
            reply.json().path("items").forEach(events::add);
            after = reply.json().path("nextCursor").asText(null);
        }
        return events;
    }

    private static Line line(JsonNode event) {
        return new Line(
                event.path("type").asText(),
                event.at("/actor/kind").asText(),
                event.at("/actor/id").asText(),
                event.path("from").asText(),
                event.path("to").asText(),
                event.path("fence").asLong(),
                event.path("reason").asText(),
                event.path("correlationId").asText());
    }

    private static Api as(Api caller, String correlationId) {
        return caller.with("X-Correlation-Id", correlationId);
    }

    private Claimed claimed() {
        administrator.submit(lane);
        return administrator.claimOne("worker-1", lane);
    }

    private Api withKey(String name, String... scopes) {
        var key = administrator
                .post("/api/v1/keys", Map.of("name", name, "scopes", List.of(scopes)))
                .expect(201);
        return administrator.withKey(key.json().path("key").asText());
    }

    private static Map<String, ?> failure(String message) {
        return Map.of("code", "no", "message", message);
    }

    /** The database's. */
    private Instant now() {
        return ((java.sql.Timestamp) rows.one("select clock_timestamp() as now").get("now")).toInstant();
    }
}
