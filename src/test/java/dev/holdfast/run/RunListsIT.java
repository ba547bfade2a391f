package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Rows;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reading: lists, their filters and cursors, entity tags; and that reading is all it does. */
class RunListsIT {
    private static final String RUNS = "/api/v1/runs";

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api other = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();
    private final String lane = "lists-" + UUID.randomUUID();

    @Test
    void pagesAreStableUnderInsertsOnAnyNodeNothingMissedNothingTwice() {
        var before = submitted(23);
        // All of one instant: then the id alone decides the order.
        rows.change(
                "update runs set submitted_at = now() - interval '1 minute' where lane = ? and id::text < ?",
                lane,
                before.get(12));

        var seen = new ArrayList<String>();
        var cursor = "";
        do {
            api.submit(lane); // ahead of all pages that are still to come
            var page = (seen.size() % 2 == 0 ? api : other)
                    .get(RUNS + "?limit=5&lane=" + lane + (cursor.isEmpty() ? "" : "&cursor=" + cursor))
                    .expect(200)
                    .json();
            page.path("items").forEach(run -> seen.add(run.path("id").asText()));
            cursor = page.path("nextCursor").asText();
        } while (!cursor.isEmpty());

        assertThat(seen).doesNotHaveDuplicates().containsAll(before);
        assertThat(new HashSet<>(seen)).hasSize(24); // and the one that was there before the first page
        var times = rows
                .all(
                        "select id::text as id, submitted_at from runs where lane = ? order by submitted_at desc, id desc",
                        lane)
                .stream()
                .map(row -> (String) row.get("id"))
                .filter(seen::contains)
                .toList();
        assertThat(seen).isEqualTo(times);
    }

    @Test
    void eachStateListsItsRunsAndNoOthersAndTwoStatesListBoth() {
        var ids = new LinkedHashMap<String, String>();
        for (var situation : List.of(
                Situation.COMPLETED,
                Situation.FAILED,
                Situation.RUNNING,
                Situation.CLAIMED,
                Situation.PAUSED,
                Situation.CANCELLED,
                Situation.QUEUED)) { // the last, or the next would be given it
            ids.put(situation.state.id(), situation.bring(api, rows, lane).runId());
        }

        for (var one : ids.keySet()) {
            assertThat(listed("state=" + one)).as(one).containsExactly(ids.get(one));
            for (var two : ids.keySet()) {
                assertThat(listed("state=" + one + "&state=" + two))
                        .as("%s and %s", one, two)
                        .containsOnly(ids.get(one), ids.get(two));
            }
        }
    }

    private List<String> listed(String query) {
        return page(query).path("items").findValuesAsText("id");
    }

    @Test
    void aPageHasItsLimitAndTheLastOneNoCursor() {
        submitted(4);
        assertThat(page("limit=4").has("nextCursor")).isFalse();
        var first = page("limit=3");
        assertThat(first.path("items")).hasSize(3);
        var last = page("limit=3&cursor=" + first.path("nextCursor").asText());
        assertThat(last.path("items")).hasSize(1);
        assertThat(last.has("nextCursor")).isFalse();
        assertThat(page("limit=500").path("items")).hasSize(4);
        assertThat(page("").path("items")).hasSize(4);
    }

    @Test
    void aPageHasFiftyUnlessAskedOtherwise() {
        var runs = IntStream.range(0, 51).mapToObj(i -> Map.of("lane", lane)).toList();
        api.post(RUNS + "/batch", Map.of("runs", runs)).expect(200);
        assertThat(page("").path("items")).hasSize(50);
        assertThat(page("").has("nextCursor")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0", "-1", "501", "1.5", "x", "", "%2B5", "1e2", "%D9%A3", "99999999999999999999", "1&limit=2"})
    void aSenselessLimitIs400(String limit) {
        for (var list : List.of(
                RUNS, "/api/v1/keys", RUNS + "/" + api.submit(lane).path("id").asText() + "/events")) {
            assertViolates(list + "?limit=" + limit, "limit");
        }
    }

    @Test
    void aForeignCursorIs400() {
        submitted(2);
        var ofRuns = page("limit=1").path("nextCursor").asText();
        for (var cursor : List.of(
                "x",
                "%00",
                "%F0%9F%98%80",
                "AAAA",
                "a~b",
                ofRuns.substring(1),
                ofRuns + "AA",
                "c".repeat(5000),
                encoded("2026-01-01T00:00:00Z~nobody"),
                encoded("then~" + UUID.randomUUID()),
                encoded("~"),
                "")) {
            assertViolates(RUNS + "?cursor=" + cursor, "cursor");
        }
        assertViolates("/api/v1/keys?cursor=" + ofRuns, "cursor");
    }

    @Test
    void unknownAndDoubledParametersAreNamedOnEveryOperation() {
        for (var operation : Contract.published().operations()) {
            var id = operation.path().startsWith(RUNS)
                    ? api.submit(lane).path("id").asText()
                    : UUID.randomUUID().toString();
            var body = List.of("POST", "PUT").contains(operation.method()) ? Map.of() : null;
            var reply = api.send(operation.method(), operation.pathOf(id) + "?colour=red&tenant=x", body)
                    .expect(400, "invalid_request");
            assertThat(reply.json().path("violations").findValuesAsText("field"))
                    .containsExactlyInAnyOrder("colour", "tenant");
        }
        for (var name : List.of(
                "lane",
                "type",
                "subject",
                "conversationId",
                "endUser",
                "workerId",
                "failureCode",
                "category",
                "parentRunId",
                "submittedAfter",
                "submittedBefore",
                "cursor")) {
            assertViolates(RUNS + "?" + name + "=a&" + name + "=b", name);
            assertViolates(RUNS + "?" + name + "=", name);
        }
        for (var name : List.of("lane", "type", "subject", "conversationId", "endUser", "workerId", "failureCode")) {
            assertViolates(RUNS + "?" + name + "=%00", name);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "state, sleeping",
        "state, ''",
        "state, 'queued,'",
        "state, QUEUED",
        "parentRunId, 17",
        "category, weather",
        "label, team",
        "label, ':x'",
        "label, 'a:%00'",
        "submittedAfter, yesterday",
        "submittedAfter, 2026-01-31",
        "submittedBefore, 2026-01-31T09:30Z",
        "submittedBefore, 0001-01-01T00:00:00Z",
        "after, x"
    })
    void aFilterOfTheWrongFormIs400(String name, String value) {
        var list =
                name.equals("after") ? RUNS + "/" + api.submit(lane).path("id").asText() + "/events" : RUNS;
        assertViolates(list + "?" + name + "=" + value, name);
    }

    @Test
    void eachFilterShowsItsRunsAndNoOthers() {
        var parent = api.submit(lane).path("id").asText();
        var members = Map.of(
                "type",
                "type é&=+%/ 1",
                "subject",
                "subject-" + lane,
                "conversationId",
                "conversation-" + lane,
                "endUser",
                "someone@example.org",
                "parentRunId",
                parent,
                "labels",
                Map.of("team", "growth:x y", "tier", "1"));
        var full = api.submit(lane, members).path("id").asText();
        var claim = api.claimOne("worker-of-" + lane, lane); // the parent: it is the elder
        assertThat(claim.runId()).isEqualTo(parent);
        api.post(
                        RUNS + "/" + parent + "/fail",
                        claim.body(Map.of("failure", Map.of("code", "broken.x", "message", "so"), "retryable", false)))
                .expect(200);

        members.forEach((name, value) -> {
            if (value instanceof String text) {
                assertShows(name + "=" + encode(text), full);
                assertShows(name + "=" + (name.equals("parentRunId") ? full : encode(text + "x")));
            }
        });
        assertShows("label=" + encode("team:growth:x y"), full);
        assertShows("label=" + encode("team:growth:x y") + "&label=tier:1", full);
        assertShows("label=" + encode("team:growth:x y") + "&label=tier:2");
        assertShows("label=team:");
        assertShows("workerId=worker-of-" + lane, parent);
        assertShows("failureCode=broken.x", parent);
        assertShows("category=work", parent);
        assertShows("category=human");
        assertShows("state=queued", full);
        assertShows("state=failed,queued", full, parent);
        assertShows("state=failed&state=queued", full, parent);
        assertShows("state=completed");
        assertShows("lane=none-of-them");
        assertShows("subject=subject-" + lane + "&state=failed");

        var at = api.run(full).path("submittedAt").asText();
        assertShows("submittedAfter=" + at, full);
        assertShows("submittedBefore=" + at, parent);
        assertShows(
                "submittedAfter=" + encode(at.replace("Z", "+00:00")) + "&submittedBefore=2999-01-01T00:00:00Z", full);
    }

    @Test
    void theTimelineIsPagedInOrder() {
        var run = api.submit(lane).path("id").asText();
        var claim = api.claimOne("worker", lane);
        var said = IntStream.range(0, 8).mapToObj(i -> Map.of("type", "n" + i)).toList();
        api.asOwner(claim, "events", Map.of("events", said)).expect(201);

        var types = new ArrayList<String>();
        var after = "";
        do {
            var page = other.get(RUNS + "/" + run + "/events?limit=3" + (after.isEmpty() ? "" : "&after=" + after))
                    .expect(200)
                    .json();
            page.path("items").forEach(event -> types.add(event.path("type").asText()));
            after = page.path("nextCursor").asText();
        } while (!after.isEmpty());
        assertThat(types)
                .containsExactly(
                        "submitted",
                        "claimed",
                        "worker.n0",
                        "worker.n1",
                        "worker.n2",
                        "worker.n3",
                        "worker.n4",
                        "worker.n5",
                        "worker.n6",
                        "worker.n7");
        assertThat(api.get(RUNS + "/" + run + "/events?after=9999999999").json().path("items"))
                .isEmpty();
    }

    @Test
    void anIdThatIsNoUuidIsAnUnknownId() {
        for (var operation : Contract.published().operations()) {
            if (operation.path().contains("{id}")) {
                for (var id : List.of(
                        "1",
                        "x",
                        "%20",
                        "0".repeat(36),
                        "00000000-0000-7000-8000-00000000000g",
                        "{id}".replace("{", "%7B").replace("}", "%7D"),
                        "a".repeat(2000))) {
                    api.send(
                                    operation.method(),
                                    operation.pathOf(id),
                                    operation.method().equals("POST") ? Map.of("fence", 1) : null)
                            .expect(404, "not_found");
                }
            }
        }
    }

    @Test
    void aVersionIsAskedForByIfNoneMatch() {
        var run = api.submit(lane);
        var path = RUNS + "/" + run.path("id").asText();
        var tag = api.get(path).header("ETag");
        assertThat(tag).isEqualTo("\"" + run.path("version").asText() + "\"");

        for (var match : List.of(tag, "\"0\", " + tag, "*", "W/" + tag)) {
            var unchanged = other.with("If-None-Match", match).get(path).expect(304);
            assertThat(unchanged.text()).isEmpty();
            assertThat(unchanged.header("ETag")).isEqualTo(tag);
        }
        api.claimOne("worker", lane);
        var changed = other.with("If-None-Match", tag).get(path).expect(200);
        assertThat(changed.header("ETag")).isNotEqualTo(tag);
    }

    @Test
    void E5_aCancelWithAnOldVersionIs412AndChangesNothing() {
        var path = RUNS + "/" + api.submit(lane).path("id").asText();
        var old = api.get(path).header("ETag");
        var claim = api.claimOne("worker", lane);
        var present = api.get(path).header("ETag");

        for (var match : List.of(old, "\"999\"", "\"x\"", "x", "W/" + present, "\"\"")) {
            var refused =
                    other.with("If-Match", match).post(path + "/cancel", null).expect(412, "version_mismatch");
            assertThat("\"" + refused.json().path("currentVersion").asText() + "\"")
                    .isEqualTo(present);
        }
        assertThat(api.get(path).header("ETag")).isEqualTo(present);
        api.beat(claim).expect(200); // still the owner
        present = api.get(path).header("ETag");

        var cancelled =
                other.with("If-Match", present).post(path + "/cancel", null).expect(200);
        assertThat(cancelled.json().path("cancelled").asBoolean()).isTrue();
        assertThat(cancelled.header("ETag"))
                .isEqualTo(api.get(path).header("ETag"))
                .isNotEqualTo(present);
        assertThat(api.with("If-Match", "*")
                        .post(path + "/cancel", Map.of())
                        .expect(200)
                        .json()
                        .path("cancelled")
                        .asBoolean())
                .isFalse();
    }

    @Test
    void readingNeverWrites() {
        var run = api.submit(lane).path("id").asText();
        api.claimOne("worker", lane);
        var gated =
                api.submit(lane, Map.of("approval", Api.QUESTION)).path("id").asText();
        var approval = api.pendingOf(gated).path("id").asText();
        var sweep = api.post("/api/v1/sweeps", Map.of("phases", List.of("approvals")))
                .expect(200)
                .json()
                .path("sweepId")
                .asText();
        api.put("/api/v1/schedules/" + lane, Map.of("lane", lane, "cron", "0 0 1 1 *"))
                .expect(201);
        var webhook = api.post(
                        "/api/v1/webhooks", Map.of("url", "https://example.com/", "events", List.of("runs_removed")))
                .expect(201)
                .json()
                .path("id")
                .asText();
        var before = everything();
        for (var operation : Contract.published().operations()) {
            if (operation.method().equals("GET")) {
                var thing = operation.path().contains("{name}")
                        ? lane
                        : operation.path().contains("/sweeps/")
                                ? sweep
                                : operation.path().contains("/approvals/")
                                        ? approval
                                        : operation.path().contains("/webhooks/") ? webhook : run;
                for (var method : List.of("GET", "HEAD", "OPTIONS")) {
                    api.unchecked().send(method, operation.pathOf(thing), null).expect(200);
                }
            }
        }
        assertThat(everything()).isEqualTo(before);
    }

    /** Each row's version as PostgreSQL counts it: a write that leaves all values as they were shows too. */
    private List<Map<String, Object>> everything() {
        return rows.all("""
                select 'run' as kind, xmin::text, ctid::text, id::text from runs where lane = ?
                union all select 'lease', xmin::text, ctid::text, run_id::text from leases where lane = ?
                union all select 'event', e.xmin::text, e.ctid::text, e.seq::text from events e join runs r on r.id = e.run_id where r.lane = ?
                union all select 'lane', xmin::text, ctid::text, name from lanes where name = ?
                order by 1, 4""", lane, lane, lane, lane);
    }

    private List<String> submitted(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> api.submit(lane).path("id").asText())
                .toList();
    }

    private JsonNode page(String query) {
        return api.get(RUNS + "?lane=" + lane + "&" + query).expect(200).json();
    }

    private void assertShows(String query, String... ids) {
        var separate = query.startsWith("lane=") ? query : "lane=" + lane + "&" + query;
        var shown = new ArrayList<String>();
        other.get(RUNS + "?" + separate)
                .expect(200)
                .json()
                .path("items")
                .forEach(run -> shown.add(run.path("id").asText()));
        assertThat(shown).as(query).containsExactly(ids);
    }

    private void assertViolates(String path, String field) {
        var reply = api.get(path).expect(400, "invalid_request");
        assertThat(reply.json().path("violations").findValuesAsText("field"))
                .as(path)
                .containsExactly(field);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String encoded(String cursor) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(cursor.getBytes(StandardCharsets.UTF_8));
    }
}
