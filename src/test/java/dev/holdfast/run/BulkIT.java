package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many runs in one call: each answered by itself, none for another's sake. */
class BulkIT {
    private static final String CANCEL = "/api/v1/runs/cancel";
    private static final String RESUME = "/api/v1/runs/resume";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.at(Cluster.node(2));
    private final String lane = Situation.newLane("bulk");

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void E1_eachOfTheseRunsIsCancelledOrToldApartInOrder() {
        var queued = bring(Situation.QUEUED);
        var completed = bring(Situation.COMPLETED);
        var running = bring(Situation.RUNNING);
        var theirs = Situation.QUEUED
                .bring(Tenant.newOn(Cluster.node(1), rows).api(), rows, lane)
                .runId();
        var unknown = UUID.randomUUID().toString();

        var items = items(
                CANCEL,
                Map.of("ids", List.of(queued, unknown, completed, "no id", running, theirs, queued), "reason", "over"));

        assertThat(items.findValuesAsText("id"))
                .containsExactly(queued, unknown, completed, "no id", running, theirs, queued);
        assertThat(cancelled(items.get(0))).isTrue();
        assertThat(items.get(0).path("version")).isEqualTo(api.run(queued).path("version"));
        assertThat(items.get(1).at("/problem/code").asText()).isEqualTo("not_found");
        assertThat(cancelled(items.get(2))).isFalse();
        assertThat(items.get(2).path("state").asText()).isEqualTo("completed");
        assertThat(items.get(3).at("/problem/code").asText()).isEqualTo("not_found");
        assertThat(cancelled(items.get(4))).isTrue();
        assertThat(items.get(5).at("/problem/code").asText()).isEqualTo("not_found");
        assertThat(cancelled(items.get(6))).as("the second time").isFalse();
        assertThat(rows.one("select state from runs where id = cast(? as uuid)", theirs))
                .containsEntry("state", "queued");
        assertThat(tenant.events(running).get(3).path("reason").asText()).isEqualTo("over");
    }

    @Test
    void D1_eachOfTheseRunsIsResumedOrToldApartInOrder() {
        var failed = bring(Situation.FAILED);
        var running = bring(Situation.RUNNING);
        var paused = bring(Situation.PAUSED);
        var unknown = UUID.randomUUID().toString();

        var items = items(RESUME, Map.of("ids", List.of(failed, running, unknown, paused, failed)));

        assertThat(items.get(0)).isEqualTo(api.run(failed));
        assertThat(items.get(1).path("id").asText()).isEqualTo(running);
        assertThat(items.get(1).at("/problem/code").asText()).isEqualTo("run_not_resumable");
        assertThat(items.get(1).at("/problem/currentState").asText()).isEqualTo("running");
        assertThat(items.get(2).at("/problem/code").asText()).isEqualTo("not_found");
        assertThat(items.get(3).path("state").asText()).isEqualTo("queued");
        assertThat(items.get(4).at("/problem/currentState").asText()).isEqualTo("queued");
        assertThat(items).hasSize(5);
    }

    @Test
    void E1_aFaultOfOneStopsNoOther() {
        var ids = List.of(bring(Situation.QUEUED), bring(Situation.RUNNING), bring(Situation.FAILED));
        var bad = ids.get(1);
        var doomed = "doomed_" + bad.replace("-", "");
        rows.execute("""
                create function %1$s() returns trigger language plpgsql as
                $$ begin raise exception 'a secret of the table events'; end $$;
                create trigger %1$s before insert on events for each row when (new.run_id = '%2$s') execute function %1$s()""".formatted(doomed, bad));
        try {
            var before = rows.everythingOf(bad);
            var reply = api.post(CANCEL, Map.of("ids", ids)).expect(200);
            var items = reply.json().path("items");
            assertThat(cancelled(items.get(0))).isTrue();
            assertThat(items.get(1).at("/problem/code").asText()).isEqualTo("internal_error");
            assertThat(items.get(1).at("/problem/correlationId").asText()).isEqualTo(reply.header("X-Correlation-Id"));
            assertThat(cancelled(items.get(2))).isTrue();
            assertThat(reply.text()).doesNotContain("secret");
            assertThat(rows.everythingOf(bad)).isEqualTo(before);
        } finally {
            rows.execute("drop function " + doomed + " cascade");
        }
        assertThat(cancelled(items(CANCEL, Map.of("ids", ids)).get(1))).isTrue();
    }

    @Test
    void E1_aFilterCancelsTheNewestAndTheSameCallAgainGoesOn() {
        var done = Situation.COMPLETED.bring(tenant.api(), rows, lane).runId();
        var runs = IntStream.range(0, 105).mapToObj(i -> Map.of("lane", lane)).toList();
        tenant.api().post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
        var newestFirst = listed("limit=500");
        newestFirst.remove(done);
        var byLane = Map.of("filter", Map.of("lane", lane));

        assertThat(items(CANCEL, Map.of("filter", Map.of("lane", lane), "limit", 3))
                        .findValuesAsText("id"))
                .isEqualTo(newestFirst.subList(0, 3));
        assertThat(items(CANCEL, byLane).findValuesAsText("id")).isEqualTo(newestFirst.subList(3, 103));
        assertThat(items(CANCEL, byLane)).hasSize(2).allMatch(BulkIT::cancelled);
        assertThat(items(CANCEL, byLane)).isEmpty();
        assertThat(rows.count("select count(*) from runs where lane = ? and state = 'cancelled'", lane))
                .isEqualTo(105);
    }

    @Test
    void D1_aFilterResumesWhatIsResumableAndNothingElse() {
        var failed = Situation.FAILED.bring(tenant.api(), rows, lane).runId();
        var fresh = Situation.RUNNING
                .bring(tenant.api(), rows, Situation.newLane("bulk"))
                .runId();
        var orphan = bring(Situation.STALE_RUNNING);
        var elsewhere = bring(Situation.PAUSED);
        var queued = tenant.api().submit(lane).path("id").asText();

        assertThat(items(RESUME, Map.of("filter", Map.of("lane", lane))).findValuesAsText("id"))
                .containsExactly(failed);
        assertThat(items(RESUME, Map.of("filter", Map.of("stale", true))).findValuesAsText("id"))
                .containsExactly(orphan);
        assertThat(items(RESUME, Map.of("filter", Map.of("resumable", false)))).isEmpty();
        assertThat(items(RESUME, Map.of("filter", Map.of("resumable", true), "limit", 1000))
                        .findValuesAsText("id"))
                .containsExactly(elsewhere);
        assertThat(api.run(fresh).path("state").asText()).isEqualTo("running");
        assertThat(api.run(queued).path("version").asInt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "type",
                "subject",
                "conversationId",
                "endUser",
                "parentRunId",
                "label",
                "lane",
                "state",
                "workerId",
                "stale",
                "resumable"
            })
    void E1_everyConditionOfTheListIsOneOfTheFilter(String name) {
        var other = tenant.api().submit(lane).path("id").asText();
        var members = Map.of(
                "type",
                "t1",
                "subject",
                "s1",
                "conversationId",
                "c1",
                "endUser",
                "u1",
                "parentRunId",
                other,
                "labels",
                Map.of("team", "growth"));
        var own = Situation.newLane("bulk");
        var run = tenant.claimed(own, members);
        rows.holdFromSweeps(own);
        tenant.claimedAgo(run, Duration.ofHours(3));
        var conditions = new LinkedHashMap<String, Object>(members);
        conditions.putAll(
                Map.of("label", "team:growth", "lane", own, "state", "claimed", "workerId", "worker-of-" + own));
        conditions.putAll(Map.of("stale", true, "resumable", true));
        var value = conditions.get(name);

        assertThat(listed(name + "=" + value)).containsExactly(run.runId());
        assertThat(items(CANCEL, Map.of("filter", Map.of(name, value))).findValuesAsText("id"))
                .containsExactly(run.runId());
        assertThat(api.run(other).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void E1_conditionsHoldTogether() {
        var first = tenant.api().submit(lane).path("id").asText();
        var second = tenant.api()
                .submit(lane, Map.of("labels", Map.of("a", "1", "b", "2")))
                .path("id")
                .asText();
        var at = api.run(second).path("submittedAt").asText();

        assertThat(items(CANCEL, Map.of("filter", Map.of("label", List.of("a:1", "b:3")))))
                .isEmpty();
        assertThat(items(CANCEL, Map.of("filter", Map.of("submittedBefore", at)))
                        .findValuesAsText("id"))
                .containsExactly(first);
        var several =
                Map.of("label", List.of("a:1", "b:2"), "submittedAfter", at, "state", List.of("failed", "queued"));
        assertThat(items(CANCEL, Map.of("filter", several)).findValuesAsText("id"))
                .containsExactly(second);
        var failed = bring(Situation.FAILED);
        assertThat(items(RESUME, Map.of("filter", Map.of("category", "deadline"))))
                .isEmpty();
        assertThat(items(RESUME, Map.of("filter", Map.of("category", "work", "failureCode", "no")))
                        .findValuesAsText("id"))
                .containsExactly(failed);
    }

    @ParameterizedTest
    @ValueSource(strings = {CANCEL, RESUME})
    void E1_withoutATellingOfWhichNothingHappens(String route) {
        var run = bring(Situation.FAILED);
        var before = tenant.everything();
        var wrong = new LinkedHashMap<Map<String, ?>, List<String>>();
        wrong.put(Map.of(), List.of("ids", "filter"));
        wrong.put(Map.of("reason", "all of them"), List.of("ids", "filter"));
        wrong.put(Map.of("ids", List.of(run), "filter", Map.of("lane", lane)), List.of("ids", "filter"));
        wrong.put(Map.of("filter", Map.of()), List.of("filter"));
        wrong.put(Map.of("filter", Map.of("lane", lane), "limit", 0), List.of("limit"));
        wrong.put(Map.of("filter", Map.of("lane", lane), "limit", 1001), List.of("limit"));
        wrong.put(Map.of("ids", List.of(run), "limit", 1), List.of("limit"));
        wrong.put(Map.of("ids", List.of()), List.of("ids"));
        wrong.put(Map.of("ids", java.util.Collections.nCopies(1001, run)), List.of("ids"));
        wrong.put(Map.of("filter", Map.of("colour", "red")), List.of("filter.colour"));
        wrong.put(Map.of("filter", Map.of("limit", 5, "lane", lane)), List.of("filter.limit"));
        wrong.put(Map.of("filter", Map.of("state", List.of("sleeping"))), List.of("filter.state[0]"));
        wrong.forEach((body, fields) -> assertThat(api.post(route, body)
                        .expect(400, "invalid_request")
                        .json()
                        .path("violations")
                        .findValuesAsText("field"))
                .as(body.toString().substring(0, Math.min(100, body.toString().length())))
                .containsExactlyElementsOf(fields));
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void E1_aThousandAtOnce() {
        var runs = IntStream.range(0, 1000).mapToObj(i -> Map.of("lane", lane)).toList();
        var ids = api.post("/api/v1/runs/batch", Map.of("runs", runs))
                .expect(200)
                .json()
                .path("items")
                .findValuesAsText("id");

        assertThat(items(CANCEL, Map.of("ids", ids))).hasSize(1000).allMatch(BulkIT::cancelled);
    }

    @ParameterizedTest
    @ValueSource(strings = {CANCEL, RESUME})
    void E4_manyRunsAreAnOperatorsMatter(String route) {
        var key = api.post(
                        "/api/v1/keys",
                        Map.of("name", "bulk", "scopes", List.of("runs:submit", "runs:read", "runs:work")))
                .expect(201)
                .json()
                .path("key")
                .asText();
        api.withKey(key).post(route, Map.of("filter", Map.of("lane", lane))).expect(403, "forbidden");
    }

    @Test
    void E3_eachOfManyBringsItsDescendantsAlong() {
        var parents = List.of(bring(Situation.QUEUED), bring(Situation.COMPLETED));
        var children = parents.stream()
                .map(parent -> tenant.api()
                        .submit(lane, Map.of("parentRunId", parent))
                        .path("id")
                        .asText())
                .toList();

        var items = items(CANCEL, Map.of("ids", parents, "cascade", true));

        assertThat(items)
                .hasSize(2)
                .allMatch(item -> item.at("/cascade/cancelled").asInt() == 1);
        children.forEach(
                child -> assertThat(api.run(child).path("state").asText()).isEqualTo("cancelled"));
    }

    /** A run that is alone in its lane, since a claim takes whatever it finds. */
    private String bring(Situation situation) {
        return situation.bring(tenant.api(), rows, Situation.newLane("bulk")).runId();
    }

    private JsonNode items(String route, Map<String, ?> body) {
        return api.post(route, body).expect(200).json().path("items");
    }

    private List<String> listed(String query) {
        var ids = new ArrayList<String>();
        api.get("/api/v1/runs?" + query)
                .expect(200)
                .json()
                .path("items")
                .forEach(run -> ids.add(run.path("id").asText()));
        return ids;
    }

    private static boolean cancelled(JsonNode item) {
        return item.path("cancelled").asBoolean();
    }
}
