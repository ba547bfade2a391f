package dev.holdfast.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two nodes tick; each firing is one run. */
class SchedulesIT {
    private static final String NAME = "nightly";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();

    @Test
    void anOperatorMakesReadsReplacesAndDeletesASchedule() {
        var made = api.post("/api/v1/schedules", schedule(Map.of("name", NAME, "input", Map.of("full", true))))
                .expect(201);
        assertThat(made.header("Location")).endsWith("/schedules/" + NAME);
        assertThat(made.json().path("nextFirings")).hasSize(5);
        assertThat(made.json().path("nextAt")).isEqualTo(made.json().at("/nextFirings/0"));
        assertThat(made.json().path("overlap").asText()).isEqualTo("skip");
        api.post("/api/v1/schedules", schedule(Map.of("name", NAME))).expect(409, "schedule_exists");
        assertThat(api.get("/api/v1/schedules").expect(200).json().path("items"))
                .containsExactly(made.json());

        var read = api.get("/api/v1/schedules/" + NAME).expect(200);
        assertThat(read.json()).isEqualTo(made.json());
        api.with("If-None-Match", read.header("ETag"))
                .get("/api/v1/schedules/" + NAME)
                .expect(304);
        api.put("/api/v1/schedules/" + NAME, read.json()).expect(428, "precondition_required");
        var off = new HashMap<>(schedule(Map.of("enabled", false)));
        var replaced = api.with("If-Match", read.header("ETag"))
                .put("/api/v1/schedules/" + NAME, off)
                .expect(200)
                .json();
        assertThat(replaced.has("nextAt")).isFalse();
        assertThat(replaced.path("nextFirings")).isEmpty();
        api.with("If-Match", read.header("ETag"))
                .put("/api/v1/schedules/" + NAME, off)
                .expect(412, "version_mismatch");
        api.with("If-Match", "\"1\"").delete("/api/v1/schedules/" + NAME).expect(412, "version_mismatch");

        api.delete("/api/v1/schedules/" + NAME).expect(204);
        api.get("/api/v1/schedules/" + NAME).expect(404, "not_found");
        api.delete("/api/v1/schedules/" + NAME).expect(404, "not_found");
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "cron, '* * * *'",
        "cron, '61 * * * *'",
        "cron, 0 0 30 2 *",
        "timeZone, Europe/Nowhere",
        "overlap, twice",
        "catchUp, some",
        "enabled, perhaps",
        "lane, no lane",
        "name, no name",
        "colour, red"
    })
    void whatMakesNoSenseIsRefusedByName(String field, String value) {
        var wanted = new HashMap<String, Object>(schedule(Map.of("name", NAME)));
        wanted.put(field, value);

        var refused = api.post("/api/v1/schedules", wanted).expect(400, "invalid_request");
        assertThat(refused.json().at("/violations/0/field").asText()).isEqualTo(field);
        assertThat(rows.count("select count(*) from schedules where tenant_id = ?", tenant.id()))
                .isZero();
    }

    @Test
    void eachFiringIsOneRunOnTwoNodes() {
        Cluster.node(2);
        for (int i = 0; i < 20; i++) {
            put("every-minute-" + i, Map.of("cron", "* * * * *", "catchUp", "all", "overlap", "queue"));
        }
        rows.change(
                "update schedules set next_at = date_trunc('minute', now()) - interval 'PT9M' where tenant_id = ?",
                tenant.id());

        await().atMost(Duration.ofSeconds(60)).until(() -> runs().size() >= 200 && dueOnes() == 0);
        var firings = runs().stream()
                .collect(Collectors.groupingBy(
                        run -> run.at("/labels/schedule").asText(),
                        Collectors.mapping(
                                run -> Instant.parse(
                                        run.at("/metadata/scheduledFor").asText()),
                                Collectors.toCollection(ArrayList::new))));
        assertThat(firings).hasSize(20).allSatisfy((name, times) -> {
            times.sort(Comparator.naturalOrder());
            // A minute may have passed meanwhile.
            assertThat(times).hasSizeBetween(10, 12);
            assertThat(times)
                    .isEqualTo(Stream.iterate(times.get(0), time -> time.plusSeconds(60))
                            .limit(times.size())
                            .toList());
        });
        assertThat(rows.count(
                        "select count(*) from events where tenant_id = ? and type = 'submitted' and actor_kind = 'schedule'",
                        tenant.id()))
                .isEqualTo(runs().size());
        rows.change("update schedules set next_at = null, enabled = false where tenant_id = ?", tenant.id());
    }

    @Test
    void ofMissedFiringsTheLatestIsCaughtUpUnlessAllOrNoneShallBe() {
        put("one", Map.of());
        put("none", Map.of("catchUp", "none"));
        due("1 hour 30 seconds");

        await().until(() -> fired("one") && fired("none"));
        assertThat(runs()).hasSize(1).allSatisfy(run -> assertThat(
                        run.at("/labels/schedule").asText())
                .isEqualTo("one"));
        assertThat(api.get("/api/v1/schedules/none").json().path("skipped").asInt())
                .isEqualTo(1);
    }

    @Test
    void aFiringSkipsQueuesOrCancelsWhileTheFormerRunIsActive() {
        for (var overlap : List.of("skip", "queue", "cancel")) {
            put(overlap, Map.of("overlap", overlap));
        }
        due("10 seconds");
        await().until(() -> runs().size() == 3);
        due("10 seconds");

        await().until(() -> fired("skip") && fired("queue") && fired("cancel"));
        assertThat(runs().stream()
                        .map(run -> run.at("/labels/schedule").asText() + " "
                                + run.path("state").asText()))
                .containsExactlyInAnyOrder(
                        "skip queued", "queue queued", "queue queued", "cancel cancelled", "cancel queued");
        assertThat(api.get("/api/v1/schedules/skip").json().path("skipped").asInt())
                .isEqualTo(1);
        var cancelled = runs().stream()
                .filter(run -> run.path("state").asText().equals("cancelled"))
                .findFirst();
        assertThat(who(cancelled.orElseThrow(), 1)).isEqualTo("schedule");
        rows.assertInvariants();
    }

    @Test
    void aRunNowIsTheOperatorsAndMovesNothing() {
        put(NAME, Map.of("input", Map.of("full", true)));
        var before = api.get("/api/v1/schedules/" + NAME).json();

        var run =
                api.post("/api/v1/schedules/" + NAME + "/run", null).expect(201).json();
        assertThat(run.at("/input/full").asBoolean()).isTrue();
        assertThat(who(run, 0)).isEqualTo("operator");
        assertThat(api.get("/api/v1/schedules/" + NAME).json().path("nextAt")).isEqualTo(before.path("nextAt"));
        api.post("/api/v1/schedules/unknown/run", null).expect(404, "not_found");
    }

    @Test
    void aDisabledTenantsSchedulesRest() {
        put(NAME, Map.of());
        var awake = Tenant.newOn(Cluster.node(1), rows);
        awake.api().put("/api/v1/schedules/" + NAME, schedule(Map.of())).expect(201);
        rows.change("update tenants set disabled_at = now() where id = ?", tenant.id());
        due("10 seconds");
        rows.change("update schedules set next_at = now() where tenant_id = ?", awake.id());

        await().until(() -> awake.api().get("/api/v1/runs").json().path("items").size() == 1);
        assertThat(rows.count("select count(*) from runs where tenant_id = ?", tenant.id()))
                .isZero();
    }

    private void put(String name, Map<String, ?> members) {
        api.put("/api/v1/schedules/" + name, schedule(members)).expect(201);
    }

    private static Map<String, Object> schedule(Map<String, ?> members) {
        var schedule = new HashMap<String, Object>(Map.of("lane", "sync", "cron", "0 0 1 1 *"));
        schedule.putAll(members);
        return schedule;
    }

    /** Fires once, and then not before New Year. */
    private void due(String ago) {
        rows.change("update schedules set next_at = now() - cast(? as interval) where tenant_id = ?", ago, tenant.id());
    }

    private long dueOnes() {
        return rows.count("select count(*) from schedules where tenant_id = ? and next_at <= now()", tenant.id());
    }

    private boolean fired(String name) {
        return rows.count(
                        "select count(*) from schedules where tenant_id = ? and name = ? and next_at > now()",
                        tenant.id(),
                        name)
                == 1;
    }

    private String who(JsonNode run, int event) {
        return api.get("/api/v1/runs/" + run.path("id").asText() + "/events")
                .json()
                .at("/items/" + event + "/actor/kind")
                .asText();
    }

    private List<JsonNode> runs() {
        return StreamSupport.stream(
                        api.get("/api/v1/runs?limit=500")
                                .expect(200)
                                .json()
                                .path("items")
                                .spliterator(),
                        false)
                .toList();
    }
}
