package dev.holdfast.platform.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.lane.LaneMXBean;
import dev.holdfast.platform.health.NodeMXBean;
import dev.holdfast.reaper.KeysMXBean;
import dev.holdfast.reaper.ReaperMXBean;
import dev.holdfast.run.RunsMXBean;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.JConsole;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.WatchedNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A node in an operator's hands, by each of the ways in which JConsole comes to it; and in nobody else's. */
class JmxIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration WATCHED_WITHIN = Duration.ofSeconds(10);

    private static final Map<JConsole, JMXConnector> CONNECTORS = new EnumMap<>(JConsole.class);

    private final HoldfastServer server = WatchedNode.server();
    private final Rows rows = WatchedNode.rows();
    private final Api api = WatchedNode.api();
    private final String lane = "jmx-" + UUID.randomUUID();

    @AfterAll
    static void disconnect() throws IOException {
        for (var connector : CONNECTORS.values()) {
            connector.close();
        }
    }

    @AfterEach
    void letTheReaperGoOn() {
        rows.change("update reaper set enabled = true");
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void sweepsAreAskedForAsOverHttp(JConsole way) throws Exception {
        var reaper = reaper(beans(way));
        reaper.pause();
        rows.change("update reaper set judging_since = null"); // else, after a start, owners are given time
        var claim = silentFor("PT10M", "PT5M");
        long reapedBefore = reaper.getReapedByCode().getOrDefault("worker_heartbeat_lost", 0L);

        var dry = JSON.readTree(reaper.dryRun());
        assertThat(dry.path("dryRun").asBoolean()).isTrue();
        assertThat(dry.path("verdicts"))
                .anySatisfy(
                        verdict -> assertThat(verdict.path("runId").asText()).isEqualTo(claim.runId()));
        assertThat(api.run(claim.runId()).path("state").asText()).isEqualTo("claimed");

        var sweep = JSON.readTree(reaper.sweep());
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(1);
        assertThat(sweep.has("verdicts")).isFalse();
        assertThat(api.run(claim.runId()).path("state").asText()).isEqualTo("queued");
        assertThat(reaper.getLastSweepId()).isEqualTo(sweep.path("sweepId").asText());
        assertThat(told("data ->> 'sweepId' = '" + reaper.getLastSweepId() + "'"))
                .containsExactly("sweep_ordered");
        assertThat(reaper.getLastSweepAt()).isEqualTo(sweep.path("startedAt").asText());
        assertThat(reaper.getReapedByCode()).containsEntry("worker_heartbeat_lost", reapedBefore + 1);
        assertInHistory(sweep);
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void C14_staleRunsAreCleanedUpByAge(JConsole way) throws Exception {
        var reaper = reaper(beans(way));
        reaper.pause();
        var claim = silentFor("PT10M", "PT1H");

        assertThat(JSON.readTree(reaper.cleanupStaleRuns(1200)).path("total").asInt())
                .isZero();
        assertThat(api.run(claim.runId()).path("state").asText()).isEqualTo("claimed");

        var sweep = JSON.readTree(reaper.cleanupStaleRuns(300));
        assertThat(sweep.path("cleanedUp").asInt()).isPositive();
        assertThat(sweep.path("phases").properties()).hasSize(1);
        assertThat(rows.one(
                        "select reason from events where run_id = cast(? as uuid) and type = 'reaped'", claim.runId()))
                .containsEntry("reason", "orphaned");
        assertInHistory(sweep);

        assertThatThrownBy(() -> reaper.cleanupStaleRuns(-1)).hasStackTraceContaining("seconds must be from 0");
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void theReaperIsPausedOnAllNodes(JConsole way) throws Exception {
        var reaper = reaper(beans(way));
        assertThat(reaper.isEnabled()).isTrue();
        assertThat(reaper.getAgeSeconds()).isBetween(0L, 60L);
        assertThat(reaper.getDurationMillis()).isNotNegative();

        reaper.pause();
        assertThat(reaper.isEnabled()).isFalse();
        assertThat(rows.one("select enabled from reaper")).containsEntry("enabled", false);

        reaper.unpause();
        reaper.unpause();
        assertThat(reaper.isEnabled()).isTrue();
        assertThat(rows.one("select enabled from reaper")).containsEntry("enabled", true);
        assertThat(told("type like 'reaper%' order by seq desc limit 2"))
                .containsExactly("reaper_unpaused", "reaper_paused");
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void I6_aNodeIsDrainedAndTakesWorkAgain(JConsole way) throws Exception {
        var node = JMX.newMXBeanProxy(beans(way), new ObjectName("dev.holdfast:type=Node"), NodeMXBean.class);
        assertThat(node.getName()).isEqualTo("watched");
        assertThat(node.getVersion()).startsWith("0.");
        assertThat(node.getStreams()).isZero();
        var waiting = CompletableFuture.supplyAsync(this::claimWaiting, task -> new Thread(task).start());
        await().until(() -> node.getWaitingClaims() == 1);
        try {
            node.drain();
            assertThat(waiting).succeedsWithin(Duration.ofSeconds(10)).satisfies(claims -> assertThat(claims)
                    .isEmpty());
            assertThat(node.isDraining()).isTrue();
            var ready = Api.at(server.uri()).get("/health/ready");
            assertThat(ready.status()).isEqualTo(503);
            assertThat(ready.text()).contains("draining");
            assertThat(claimWaiting()).as("at once").isEmpty();
            api.submit(lane);
            assertThat(claimWaiting()).as("what is there").hasSize(1);
            assertThat(node.getWaitingClaims()).isZero();
        } finally {
            node.undrain();
        }
        assertThat(node.isDraining()).isFalse();
        server.awaitReady();
        assertThat(server.log())
                .contains("Node watched drains, by jmx: it is not ready, and lets go of")
                .contains("1 waiting claims")
                .contains("Node watched takes work again, by jmx");
    }

    /** Within less time than the claim would wait. */
    private JsonNode claimWaiting() {
        var began = System.nanoTime();
        var claims = api.post("/api/v1/claims", Map.of("workerId", "patient", "lanes", List.of(lane), "wait", "PT30S"))
                .expect(200)
                .json()
                .path("claims");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(25));
        return claims;
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void aLaneIsWatchedAndHeldBack(JConsole way) throws Exception {
        for (int i = 0; i < 4; i++) {
            api.submit(lane);
        }
        var asleep = api.claimOne("sleeper", lane);
        api.asOwner(
                        asleep,
                        "sleep",
                        Map.of("until", Instant.now().plus(Duration.ofDays(1)).toString()))
                .expect(200);
        api.claimOne("worker", lane);
        rows.change(
                "update runs set available_at = available_at - interval 'PT1H' where lane = ? and state = 'queued'",
                lane);
        var bean = lane(beans(way), lane);

        await().atMost(WATCHED_WITHIN).untilAsserted(() -> {
            assertThat(bean.getQueued()).isEqualTo(2);
            assertThat(bean.getInFlight()).isEqualTo(1);
            assertThat(bean.getSuspended()).isEqualTo(1);
            assertThat(bean.getOldestQueuedAgeSeconds()).isBetween(3600.0, 3700.0);
        });

        bean.pause();
        assertThat(bean.isPaused()).isTrue();
        assertThat(policy().path("paused").asBoolean()).isTrue();
        assertThat(claims()).isEmpty();
        bean.unpause();
        assertThat(bean.isPaused()).isFalse();

        bean.setMaxInFlight(1);
        assertThat(bean.getMaxInFlight()).isEqualTo(1);
        assertThat(policy().path("maxInFlight").asInt()).isEqualTo(1);
        assertThat(claims()).as("one is in flight").isEmpty();
        assertThatThrownBy(() -> bean.setMaxInFlight(-1)).hasStackTraceContaining("maxInFlight must be from 1");
        bean.setMaxInFlight(0);
        assertThat(bean.getMaxInFlight()).isZero();
        assertThat(policy().has("maxInFlight")).isFalse();
        assertThat(claims()).hasSize(1);

        assertThat(told("data ->> 'lane' = '" + lane + "' order by seq"))
                .containsExactly("lane_paused", "lane_unpaused", "lane_limited", "lane_limited");
        assertThat(server.log())
                .contains("lane " + lane + " of tenant default is now at version 2, by jmx: paused")
                .contains("lane " + lane + " of tenant default is now at version 4, by jmx: not paused, at most 1 run");
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void runsAreCancelledResumedAndExplainedAsOverHttp(JConsole way) throws Exception {
        var runs = JMX.newMXBeanProxy(beans(way), new ObjectName("dev.holdfast:type=Runs"), RunsMXBean.class);
        api.submit(lane);
        var claim = api.claimOne("worker", lane);
        api.asOwner(claim, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                .expect(200);

        assertThat(JSON.readTree(runs.explain(claim.runId()))).isEqualTo(explained(claim));
        var resumed = JSON.readTree(runs.resume(claim.runId()));
        assertThat(resumed).isEqualTo(api.run(claim.runId()));
        assertThat(resumed.path("state").asText()).isEqualTo("queued");
        assertThatThrownBy(() -> runs.resume(claim.runId())).hasStackTraceContaining("waits for a worker already");
        var cancelled = JSON.readTree(runs.cancel(claim.runId()));
        assertThat(cancelled.path("cancelled").asBoolean()).isTrue();
        assertThat(cancelled.path("version")).isEqualTo(api.run(claim.runId()).path("version"));
        assertThat(JSON.readTree(runs.cancel(claim.runId())).path("cancelled").asBoolean(true))
                .isFalse();

        assertThat(rows.all("""
                select type, actor_kind, actor_id, correlation_id from events
                where run_id = cast(? as uuid) and type in ('resumed', 'cancelled') order by seq""", claim.runId()))
                .extracting(Map::values)
                .allSatisfy(event -> assertThat(event).containsSubsequence("operator", "jmx", null))
                .hasSize(2);
        for (var id : List.of("nobody", UUID.randomUUID().toString())) {
            assertThatThrownBy(() -> runs.cancel(id)).hasStackTraceContaining("There is no");
        }
    }

    @ParameterizedTest
    @EnumSource(JConsole.class)
    void keysAreRevokedAndFoundToHaveExpired(JConsole way) throws Exception {
        var keys = JMX.newMXBeanProxy(beans(way), new ObjectName("dev.holdfast:type=Keys"), KeysMXBean.class);
        api.submit(lane);
        api.submit(lane);
        var claim = api.claimOne("worker", lane);
        var other = api.claimOne("worker", lane);
        var before = WatchedNode.scrape();

        assertThat(keys.revokeRun(claim.runId())).isTrue();
        api.withKey(claim.runKey()).beat(claim).expect(401, "key_revoked");
        api.withKey(other.runKey()).beat(other).expect(200);
        api.beat(claim).expect(200);
        assertThat(told("data ->> 'runId' = '" + claim.runId() + "'")).containsExactly("key_revoked");
        assertThat(WatchedNode.scrape().since(before, "holdfast_keys_revoked_total{why=\"revoked\"}"))
                .isEqualTo(1);
        api.complete(claim).expect(200);
        assertThat(keys.revokeRun(claim.runId())).as("in nobody's hands").isFalse();
        assertThat(told("data ->> 'runId' = '" + claim.runId() + "'")).hasSize(1);
        assertThatThrownBy(() -> keys.revokeRun("nobody")).hasStackTraceContaining("There is no such run");

        reaper(beans(way)).pause();
        rows.change("update leases set key_expires_at = now() where run_id = cast(? as uuid)", other.runId());
        var sweep = JSON.readTree(keys.expireStale());
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(1);
        assertThat(sweep.path("phases").properties()).hasSize(1);
        assertInHistory(sweep);
    }

    @Test
    void runsOfEveryTenantAreAnOperatorsOfTheNode() throws Exception {
        var tenant = Tenant.newOn(server, rows);
        var run = tenant.api().submit(lane).path("id").asText();
        var beans = beans(JConsole.LIBERTY_LOCAL);

        JMX.newMXBeanProxy(beans, new ObjectName("dev.holdfast:type=Runs"), RunsMXBean.class)
                .cancel(run);

        assertThat(tenant.run(run).path("state").asText()).isEqualTo("cancelled");
    }

    /** What JMX did beside runs. */
    private List<Object> told(String which) {
        return rows
                .all(
                        "select type from events where run_id = tenant_id and actor_kind = 'operator' and actor_id = 'jmx' and "
                                + which)
                .stream()
                .map(row -> row.get("type"))
                .toList();
    }

    private JsonNode explained(Claimed claim) {
        return api.get("/api/v1/runs/" + claim.runId() + "/explain").expect(200).json();
    }

    @Test
    void lanesComeAndGo() throws Exception {
        var beans = beans(JConsole.LIBERTY_LOCAL);
        var tenant = UUID.randomUUID();
        rows.change("insert into tenants (id, name) values (?, ?)", tenant, "jmx: \"a, b\" = *");
        rows.change("insert into lanes (tenant_id, name) values (?, ?)", tenant, lane);

        var name = new ObjectName(
                "dev.holdfast:type=Lane,tenant=" + ObjectName.quote("jmx: \"a, b\" = *") + ",name=" + lane);
        await().atMost(WATCHED_WITHIN).until(() -> beans.isRegistered(name));

        rows.change("delete from lanes where tenant_id = ?", tenant);
        await().atMost(WATCHED_WITHIN).until(() -> !beans.isRegistered(name));
        rows.change("delete from tenants where id = ?", tenant);
    }

    @Test
    void beansLeaveWithTheApplicationAndComeBackWithIt() throws Exception {
        var application =
                new ObjectName("WebSphere:service=com.ibm.websphere.application.ApplicationMBean,name=holdfast");
        var beans = beans(JConsole.LIBERTY_LOCAL);
        beans.invoke(application, "stop", null, null);
        try {
            await().until(() -> beans.getAttribute(application, "State").equals("STOPPED"));
            assertThat(beans.queryNames(new ObjectName("dev.holdfast:*"), null)).isEmpty();
        } finally {
            beans.invoke(application, "start", null, null);
            server.awaitReady();
        }
        assertThat(reaper(beans).isEnabled()).isTrue();
    }

    @Test
    void whatWentWrongIsToldInWordsThatEveryClientKnows() throws Exception {
        var reaper = reaper(beans(JConsole.ATTACHED));
        rows.execute("alter table reaper rename to reaper_away");
        try {
            assertThatThrownBy(reaper::pause)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("An unexpected fault; the server's log has it.")
                    .hasNoCause();
        } finally {
            rows.execute("alter table reaper_away rename to reaper");
        }
        assertThat(server.log()).contains("unexpected fault in pause by jmx");
    }

    @Test
    void nobodyElseIsLetIn() throws Exception {
        assertThatThrownBy(
                        () -> JConsole.rest(server, WatchedNode.USER, "wrong").close())
                .isInstanceOfAny(IOException.class, SecurityException.class);
        for (var path : List.of("/IBMJMXConnectorREST/mbeans", "/IBMJMXConnectorREST/mbeanCount", "/ibm/api/config")) {
            var https = URI.create("https://localhost:" + server.httpsPort() + path);
            assertThat(status(https, null)).as("nobody at %s", path).isEqualTo(401);
            assertThat(status(https, "Bearer " + Cluster.BOOTSTRAP_KEY))
                    .as("a key at %s", path)
                    .isEqualTo(401);
            assertThat(status(https, basic("wrong")))
                    .as("a wrong password at %s", path)
                    .isEqualTo(401);
            assertThat(status(https, basic(WatchedNode.PASSWORD)))
                    .as("the operator at %s", path)
                    .isEqualTo(200);

            var asItIsWithoutTheSample = Cluster.node(1).uri(path);
            assertThat(status(asItIsWithoutTheSample, null))
                    .as("nobody by HTTP at %s", path)
                    .isEqualTo(403);
            assertThat(status(asItIsWithoutTheSample, basic(WatchedNode.PASSWORD)))
                    .as("anybody by HTTP at %s", path)
                    .isEqualTo(403);
        }
        api.withLogin(WatchedNode.USER, WatchedNode.PASSWORD)
                .get("/api/v1/runs")
                .expect(403, "forbidden");
    }

    /** A claim of an own lane that has been silent for so long, where so much silence is allowed. */
    private Claimed silentFor(String silence, String allowed) {
        api.put("/api/v1/lanes/" + lane, Map.of("heartbeat", "required", "heartbeatTimeout", allowed))
                .expect(201);
        api.submit(lane);
        var claim = api.claimOne("worker", lane);
        rows.change(
                "update leases set claimed_at = claimed_at - cast(? as interval),"
                        + " last_heartbeat_at = last_heartbeat_at - cast(? as interval) where run_id = cast(? as uuid)",
                silence,
                silence,
                claim.runId());
        return claim;
    }

    private void assertInHistory(JsonNode sweep) {
        var kept = api.get("/api/v1/sweeps/" + sweep.path("sweepId").asText())
                .expect(200)
                .json();
        assertThat(kept.path("trigger").asText()).isEqualTo("jmx");
        assertThat(kept.path("actor").asText()).isEqualTo("jmx");
        assertThat(kept.path("total").asInt()).isEqualTo(sweep.path("total").asInt());
    }

    private JsonNode policy() {
        return api.get("/api/v1/lanes/" + lane).expect(200).json();
    }

    private JsonNode claims() {
        return api.claim("another", lane, 1).expect(200).json().path("claims");
    }

    private MBeanServerConnection beans(JConsole way) throws IOException {
        if (!CONNECTORS.containsKey(way)) {
            CONNECTORS.put(way, way.connect(server));
        }
        return CONNECTORS.get(way).getMBeanServerConnection();
    }

    private static ReaperMXBean reaper(MBeanServerConnection beans) throws Exception {
        return JMX.newMXBeanProxy(beans, new ObjectName("dev.holdfast:type=Reaper"), ReaperMXBean.class);
    }

    private static LaneMXBean lane(MBeanServerConnection beans, String lane) throws Exception {
        var name = new ObjectName("dev.holdfast:type=Lane,tenant=default,name=" + lane);
        await().atMost(WATCHED_WITHIN).until(() -> beans.isRegistered(name));
        return JMX.newMXBeanProxy(beans, name, LaneMXBean.class);
    }

    private int status(URI uri, String authorization) throws Exception {
        var request = HttpRequest.newBuilder(uri);
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        return HttpClient.newBuilder()
                .sslContext(JConsole.trusting(server))
                .build()
                .send(request.build(), BodyHandlers.discarding())
                .statusCode();
    }

    private static String basic(String password) {
        return Api.basic(WatchedNode.USER + ":" + password);
    }
}
