package dev.holdfast.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who did what, as the tenant reads it. */
class EventsIT {
    private static final String EVENTS = "/api/v1/events";

    private final Rows rows = Rows.ofCluster();
    private final Api administrator = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api().with("X-Correlation-Id", "a-call");

    @Test
    void I3_keysMadeAndRevokedAreToldOnceAndWithoutASecret() {
        var made = api.post("/api/v1/keys", Map.of("name", "bob", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        var key = made.path("id").asText();
        api.delete("/api/v1/keys/" + key).expect(204);
        api.delete("/api/v1/keys/" + key).expect(204);
        api.post(
                        "/api/v1/keys",
                        Map.of("name", "x", "scopes", List.of("runs:read"), "expiresAt", "2001-01-01T00:00:00Z"))
                .expect(400);

        var told = own(2);
        assertThat(types(told)).containsExactly("key_revoked", "key_created");
        assertThat(told.get(1).at("/data/keyId").asText()).isEqualTo(key);
        assertThat(told.get(1).at("/data/prefix")).isEqualTo(made.path("prefix"));
        assertThat(told.get(1).at("/data/scopes/0").asText()).isEqualTo("runs:read");
        assertThat(told.get(0).at("/data/keyId").asText()).isEqualTo(key);
        var self = api.get("/api/v1/keys/self").expect(200).json();
        for (var event : told) {
            assertThat(event.at("/actor/kind").asText()).isEqualTo("operator");
            assertThat(event.at("/actor/id")).isEqualTo(self.path("name"));
            assertThat(event.at("/data/by").asText())
                    .isEqualTo("key:" + self.path("id").asText());
            assertThat(event.path("correlationId").asText()).isEqualTo("a-call");
            assertThat(event.has("runId")).isFalse();
        }
        assertThat(tenant.everything()).doesNotContain(made.path("key").asText());
        rows.assertInvariants();
    }

    @Test
    void I3_whatBecomesOfATenantIsToldToIt() {
        var made = administrator
                .post("/api/v1/tenants", Map.of("name", "t-" + UUID.randomUUID()))
                .expect(201)
                .json();
        var path = "/api/v1/tenants/" + made.path("id").asText();
        administrator.post(path + "/disable", null).expect(200);
        administrator.post(path + "/disable", null).expect(200);
        administrator.post(path + "/enable", null).expect(200);
        administrator.post(path + "/enable", null).expect(200);

        var its = administrator.withKey(made.path("key").asText());
        await().until(() -> items(its, "").size() == 3);
        var told = items(its, "");
        assertThat(types(told)).containsExactly("tenant_enabled", "tenant_disabled", "tenant_created");
        assertThat(told).allSatisfy(event -> assertThat(event.at("/actor/kind").asText())
                .isEqualTo("system"));
        assertThat(told.toString()).doesNotContain(made.path("key").asText());
        rows.assertInvariants();
    }

    @Test
    void I3_whatIsDoneToALaneIsToldIfItIsDone() {
        var path = "/api/v1/lanes/told";
        api.put(path, Map.of("onLost", "fail")).expect(201);
        api.put(path, Map.of()).expect(428);
        api.with("If-Match", "\"1\"").put(path, Map.of("maxInFlight", 3)).expect(200);
        api.with("If-Match", "\"1\"").put(path, Map.of()).expect(412);
        api.post(path + "/pause", null).expect(200);
        api.post(path + "/pause", null).expect(200);
        api.post(path + "/unpause", null).expect(200);

        var told = own(4);
        assertThat(types(told)).containsExactly("lane_unpaused", "lane_paused", "lane_replaced", "lane_created");
        assertThat(told.get(2).at("/data/policy/maxInFlight").asInt()).isEqualTo(3);
        assertThat(told.get(3).at("/data/policy/onLost").asText()).isEqualTo("fail");
        assertThat(told)
                .allSatisfy(event -> assertThat(event.at("/data/lane").asText()).isEqualTo("told"));
    }

    @Test
    void I3_sweepsThatAreAskedForAreToldAndRehearsalsAreNot() {
        tenant.sweep(Map.of("dryRun", true));
        var sweep = tenant.sweep(Map.of("cutoff", "PT1H"));

        var told = own(1);
        assertThat(types(told)).containsExactly("sweep_ordered");
        assertThat(told.get(0).at("/data/sweepId")).isEqualTo(sweep.path("sweepId"));
        assertThat(told.get(0).at("/data/cutoff").asText()).isEqualTo("PT1H");
    }

    @Test
    void allOfTheTenantsEventsAreListedBothWays() {
        tenant.lane("one", Map.of());
        var claim = tenant.beating("one");
        api.submit("two");
        api.complete(claim).expect(200);
        await().until(() -> items(api, "").size() == 6);

        var newest = paged("");
        var oldest = paged("&after=0");
        assertThat(types(oldest))
                .containsExactly("lane_created", "submitted", "claimed", "started", "submitted", "completed");
        Collections.reverse(newest);
        assertThat(newest).isEqualTo(oldest);
        assertThat(oldest)
                .isSortedAccordingTo((a, b) -> Long.compare(
                        a.path("transaction").asLong(), b.path("transaction").asLong()));
        assertThat(items(api, "?after=" + oldest.get(2).path("transaction").asText()))
                .isEqualTo(oldest.subList(3, 6));
        assertThat(types(items(api, "?lane=one&after=0")))
                .containsExactly("lane_created", "submitted", "claimed", "started", "completed");
        assertThat(types(items(api, "?type=submitted"))).containsExactly("submitted", "submitted");
        assertThat(items(api, "?type=submitted&lane=two").get(0)).isEqualTo(oldest.get(4));
        assertThat(items(Tenant.newOn(Cluster.node(2), rows).api(), "")).isEmpty();
        for (var wrong : List.of("?after=-1", "?after=x", "?cursor=eA", "?lane=", "?limit=501", "?run=1")) {
            api.get(EVENTS + wrong).expect(400, "invalid_request");
        }
    }

    /** Whoever read up to the second event would never have seen the first. */
    @Test
    void I3_anEventThatCommitsLateStandsWhereItWillBeRead() throws SQLException {
        var slow = tenant.claimed("slow");
        await().until(() -> items(api, "").size() == 2);
        long seen = items(api, "").get(0).path("transaction").asLong();

        try (var transaction = rows.transaction()) {
            report(transaction, slow);
            api.submit("quick");
            await().during(Duration.ofMillis(300))
                    .until(() -> items(api, "?after=" + seen).isEmpty());
            transaction.commit();
        }

        await().until(() -> items(api, "?after=" + seen).size() == 2);
        assertThat(types(items(api, "?after=" + seen))).containsExactly("worker.late", "submitted");
        rows.assertInvariants();
    }

    private static void report(Connection transaction, Claimed owner) throws SQLException {
        try (var statement = transaction.createStatement()) {
            statement.execute("""
                    with numbered as (
                        update runs set event_count = event_count + 1 where id = '%s' returning *)
                    insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence)
                    select tenant_id, id, event_count, 'worker.late', 'worker', worker_id, fence from numbered""".formatted(owner.runId()));
        }
    }

    /** The tenant's own, the newest first, once there are so many. */
    private List<JsonNode> own(int number) {
        await().until(() -> own().size() == number);
        return own();
    }

    private List<JsonNode> own() {
        return items(api, "").stream().filter(event -> !event.has("runId")).toList();
    }

    private List<JsonNode> paged(String query) {
        var all = new ArrayList<JsonNode>();
        var page = api.get(EVENTS + "?limit=2" + query).expect(200).json();
        page.path("items").forEach(all::add);
        while (page.has("nextCursor")) {
            page = api.get(EVENTS + "?limit=2" + query + "&cursor="
                            + page.path("nextCursor").asText())
                    .expect(200)
                    .json();
            page.path("items").forEach(all::add);
        }
        return all;
    }

    private static List<JsonNode> items(Api api, String query) {
        return api.get(EVENTS + query)
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .toList();
    }

    private static List<String> types(List<JsonNode> events) {
        return events.stream().map(event -> event.path("type").asText()).toList();
    }
}
