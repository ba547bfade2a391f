package dev.holdfast.platform.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.WatchedNode;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What Prometheus reads, by the names that alert rules and dashboards know. */
class MetricsIT {
    private static final Duration WATCHED_WITHIN = Duration.ofSeconds(10);

    private final Api api = WatchedNode.api();
    private final Rows rows = WatchedNode.rows();
    private final String lane = "metrics-" + UUID.randomUUID();

    @AfterEach
    void letTheReaperGoOn() {
        rows.change("update reaper set enabled = true, judging_since = null");
    }

    @Test
    void I5_eachMoveIsCountedOnce() {
        var before = WatchedNode.scrape();

        for (int i = 0; i < 6; i++) {
            api.submit(lane);
        }
        rows.change("update runs set available_at = available_at - interval 'PT30S' where lane = ?", lane);
        var completed = api.claimOne("w", lane);
        var failed = api.claimOne("w", lane);
        var released = api.claimOne("w", lane);
        var asleep = api.claimOne("w", lane);
        api.beat(completed).expect(200);
        api.beat(completed).expect(200);
        api.complete(completed).expect(200);
        api.fail(failed, "oops").expect(200);
        api.asOwner(released, "release", Map.of()).expect(200);
        api.asOwner(asleep, "sleep", Map.of("until", tomorrow())).expect(200);
        var cancelled = api.claimOne("w", lane);
        api.post("/api/v1/runs/" + cancelled.runId() + "/cancel", Map.of()).expect(200);
        api.post("/api/v1/runs/" + cancelled.runId() + "/cancel", Map.of()).expect(200);

        var after = WatchedNode.scrape();
        assertThat(moves(before, after, "submitted")).isEqualTo(6);
        assertThat(moves(before, after, "claimed")).isEqualTo(5);
        assertThat(moves(before, after, "started")).isEqualTo(1);
        assertThat(moves(before, after, "completed")).isEqualTo(1);
        assertThat(moves(before, after, "retried")).isEqualTo(1);
        assertThat(moves(before, after, "failed")).isZero();
        assertThat(moves(before, after, "released")).isEqualTo(1);
        assertThat(moves(before, after, "suspended")).isEqualTo(1);
        assertThat(moves(before, after, "cancelled")).isEqualTo(1);
        assertThat(after.has("holdfast_moves_total{move=\"denied\"}"))
                .as("seen before there is one")
                .isTrue();
        assertThat(after.since(before, "holdfast_claims_total")).isEqualTo(5);
        assertThat(after.since(before, "holdfast_keys_issued_total")).isEqualTo(5);
    }

    @Test
    void I5_whatOperatorsDoIsCountedToo() {
        api.submit(lane, Map.of("parentRunId", api.submit(lane).path("id").asText()));
        var child = api.claim("w", lane, 2).expect(200).json().at("/claims/1/run");
        var before = WatchedNode.scrape();

        for (var command : List.of("pause", "resume", "pause", "pause")) {
            api.post("/api/v1/runs/" + child.path("id").asText() + "/" + command, null);
        }
        var claim = Map.of("claim", Map.of("workerId", "w"));
        api.post("/api/v1/runs/" + child.path("id").asText() + "/resume", claim).expect(200);
        var cascade = Map.of("cascade", true);
        api.post("/api/v1/runs/" + child.path("parentRunId").asText() + "/cancel", cascade)
                .expect(200);

        var after = WatchedNode.scrape();
        assertThat(moves(before, after, "paused")).isEqualTo(2);
        assertThat(moves(before, after, "resumed")).isEqualTo(2);
        assertThat(moves(before, after, "claimed")).isZero();
        assertThat(moves(before, after, "cancelled")).isEqualTo(2);
        assertThat(after.since(before, "holdfast_claims_total")).isEqualTo(1);
        assertThat(after.since(before, "holdfast_keys_issued_total")).isEqualTo(1);
    }

    @Test
    void I5_waitsForAClaimAreAHistogram() {
        api.submit(lane);
        api.submit(lane);
        rows.change("update runs set available_at = available_at - interval 'PT30S' where lane = ?", lane);
        var before = WatchedNode.scrape();

        api.claimOne("w", lane);
        api.claimOne("w", lane);

        var after = WatchedNode.scrape();
        assertThat(after.since(before, "holdfast_claim_wait_seconds_count")).isEqualTo(2);
        assertThat(after.since(before, "holdfast_claim_wait_seconds_sum")).isCloseTo(60, Offset.offset(20.0));
        assertThat(after.since(before, "holdfast_claim_wait_seconds_bucket{le=\"10.0\"}"))
                .isZero();
        assertThat(after.since(before, "holdfast_claim_wait_seconds_bucket{le=\"60.0\"}"))
                .isEqualTo(2);
        assertThat(after.text())
                .contains("# TYPE holdfast_claim_wait_seconds histogram")
                .doesNotContain("quantile=");
    }

    @Test
    void I5_lateWritesAreCountedByRoute() {
        api.submit(lane);
        api.submit(lane);
        var late = api.claimOne("w", lane).withFence(99);
        var before = WatchedNode.scrape();

        api.beat(late).expect(409);
        api.complete(late).expect(409);
        api.complete(late).expect(409);
        api.fail(late, "oops").expect(409);
        api.asOwner(late, "release", Map.of()).expect(409);
        api.asOwner(late, "sleep", Map.of("until", tomorrow())).expect(409);
        api.asOwner(late, "events", Map.of("events", List.of(Map.of("type", "said"))))
                .expect(409);
        api.post("/api/v1/heartbeats", Map.of("beats", List.of(Map.of("runId", late.runId(), "fence", 98))))
                .expect(200);
        api.post("/api/v1/completions", Map.of("items", List.of(Map.of("runId", late.runId(), "fence", 98))))
                .expect(200);
        api.ask(late, Map.of()).expect(409);

        // Neither late nor refused: what is said twice, and the last owner's beat after a person's word
        var owner = api.claimOne("w", lane);
        api.complete(owner).expect(200);
        api.complete(owner).expect(200);
        api.post("/api/v1/runs/" + late.runId() + "/cancel", Map.of()).expect(200);
        api.beat(late.withFence(1)).expect(200);

        var after = WatchedNode.scrape();
        Map.of("heartbeat", 2, "complete", 3, "fail", 1, "release", 1, "sleep", 1, "events", 1, "approvals", 1)
                .forEach((route, refused) -> assertThat(
                                after.since(before, "holdfast_late_writes_refused_total{route=\"" + route + "\"}"))
                        .as(route)
                        .isEqualTo(refused.doubleValue()));
        assertThat(moves(before, after, "completed")).isEqualTo(1);
    }

    @Test
    void I5_whoCannotComeInIsCountedByReason() {
        var before = WatchedNode.scrape();

        api.withoutKey().get("/api/v1/runs").expect(401);
        api.withKey("hft_nonsense").get("/api/v1/runs").expect(401);
        api.withKey("a-key-that-nobody-has-ever-been-given-here")
                .get("/api/v1/runs")
                .expect(401);
        var key = api.post("/api/v1/keys", Map.of("name", "metrics", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        api.delete("/api/v1/keys/" + key.path("id").asText()).expect(204);
        api.withKey(key.path("key").asText()).get("/api/v1/runs").expect(401);

        var after = WatchedNode.scrape();
        for (var reason : List.of("key_missing", "key_malformed", "key_unknown", "key_revoked")) {
            assertThat(after.since(before, "holdfast_auth_failures_total{reason=\"" + reason + "\"}"))
                    .as(reason)
                    .isEqualTo(1);
        }
        assertThat(after.since(before, "holdfast_keys_issued_total")).isEqualTo(1);
    }

    @Test
    void I5_theReaperIsWatched() {
        api.put("/api/v1/lanes/" + lane, Map.of("heartbeat", "required", "heartbeatTimeout", "PT1S"))
                .expect(201);
        api.submit(lane);
        var before = WatchedNode.scrape();
        var claim = api.claimOne("w", lane);
        rows.change(
                "update leases set claimed_at = claimed_at - interval 'PT1M', last_heartbeat_at = last_heartbeat_at - interval 'PT1M'"
                        + " where lane = ?",
                lane);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !api.run(claim.runId()).path("state").asText().equals("claimed"));

        await().untilAsserted(() -> {
            var after = WatchedNode.scrape();
            assertThat(after.since(before, "holdfast_reaped_total{code=\"worker_heartbeat_lost\",outcome=\"queued\"}"))
                    .isEqualTo(1);
            assertThat(after.since(before, "holdfast_reaped_total{code=\"worker_heartbeat_lost\",outcome=\"failed\"}"))
                    .isZero();
            assertThat(moves(before, after, "reaped")).isEqualTo(1);
            assertThat(after.since(before, "holdfast_sweep_seconds_count")).isPositive();
            assertThat(after.since(before, "holdfast_sweep_seconds_bucket{le=\"+Inf\"}"))
                    .isPositive();
            assertThat(after.of("holdfast_sweep_age_seconds")).isBetween(0.0, 10.0);
        });
        assertThat(before.has("holdfast_reaped_total{code=\"orphaned\",outcome=\"failed\"}"))
                .as("seen before there is one")
                .isTrue();

        rows.change("update reaper set enabled = false, last_success_at = last_success_at - interval 'PT1H'");
        assertThat(WatchedNode.scrape().of("holdfast_sweep_age_seconds")).isBetween(3600.0, 3700.0);
    }

    @Test
    void I5_approvalsAreCountedByWhatBecameOfThem() {
        var before = WatchedNode.scrape();
        var asked = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            api.submit(lane);
            asked.add(api.ask(api.claimOne("w", lane), Map.of("onDeny", "fail"))
                    .expect(201)
                    .json()
                    .path("id")
                    .asText());
        }
        api.decide(asked.get(0), true).expect(200);
        api.decide(asked.get(1), false).expect(200);
        api.decide(asked.get(1), false).expect(409);
        api.post("/api/v1/runs/" + api.approval(asked.get(2)).path("runId").asText() + "/cancel", Map.of())
                .expect(200);
        rows.change("update approvals set deadline = statement_timestamp() where id = cast(? as uuid)", asked.get(3));
        api.post("/api/v1/sweeps", Map.of("phases", List.of("approvals"))).expect(200);
        rows.change(
                "update approvals set requested_at = requested_at - interval 'PT10M' where id = cast(? as uuid)",
                asked.get(4));

        await().atMost(WATCHED_WITHIN).untilAsserted(() -> {
            var after = WatchedNode.scrape();
            for (var status : List.of("pending", "approved", "denied", "expired", "withdrawn")) {
                assertThat(after.since(before, "holdfast_approvals{status=\"" + status + "\"}"))
                        .as(status)
                        .isEqualTo(1);
            }
            assertThat(after.of("holdfast_approval_oldest_seconds")).isBetween(600.0, 700.0);
            assertThat(after.since(before, "holdfast_decisions_total{decision=\"approved\"}"))
                    .isEqualTo(1);
            assertThat(after.since(before, "holdfast_decisions_total{decision=\"denied\"}"))
                    .isEqualTo(1);
            assertThat(moves(before, after, "suspended")).isEqualTo(5);
            for (var move : List.of("approved", "denied", "approval_expired", "cancelled")) {
                assertThat(moves(before, after, move)).as(move).isEqualTo(1);
            }
        });
        api.decide(asked.get(4), true).expect(200);
        await().atMost(WATCHED_WITHIN).until(() -> WatchedNode.scrape().of("holdfast_approval_oldest_seconds") == 0);
    }

    @Test
    void I5_lanesAreGaugedWhileTheyAreThere() {
        for (int i = 0; i < 5; i++) {
            api.submit(lane);
        }
        api.asOwner(api.claimOne("w", lane), "sleep", Map.of("until", tomorrow()))
                .expect(200);
        api.beat(api.claimOne("w", lane)).expect(200);
        api.claimOne("w", lane);
        rows.change(
                "update runs set available_at = available_at - interval 'PT1H' where lane = ? and state = 'queued'",
                lane);

        await().atMost(WATCHED_WITHIN).untilAsserted(() -> {
            var scrape = WatchedNode.scrape();
            assertThat(runs(scrape, "queued")).isEqualTo(2);
            assertThat(runs(scrape, "claimed")).isEqualTo(1);
            assertThat(runs(scrape, "running")).isEqualTo(1);
            assertThat(runs(scrape, "suspended")).isEqualTo(1);
            assertThat(scrape.of("holdfast_queue_oldest_seconds{lane=\"" + lane + "\",tenant=\"default\"}"))
                    .isBetween(3600.0, 3700.0);
        });

        rows.change("delete from lanes where name = ?", lane);
        await().atMost(WATCHED_WITHIN).until(() -> !WatchedNode.scrape().text().contains(lane));
    }

    /** Of what a label says, the values are few: neither ids nor what a caller makes up. */
    @Test
    void I5_noLabelNamesARunOrWhatACallerMadeUp() throws Exception {
        var run = api.submit(lane).path("id").asText();
        api.run(run);
        try (var socket = new Socket("127.0.0.1", WatchedNode.server().port())) {
            socket.getOutputStream()
                    .write(("GET /api/v1/runs/" + run
                                    + " HTTP/1.1\r\nHost: made-up.example\r\nConnection: close\r\n\r\n")
                            .getBytes());
            socket.getInputStream().readAllBytes();
        }

        assertThat(WatchedNode.scrape().text())
                .doesNotContain(run)
                .doesNotContain("made-up")
                .doesNotContain("/api/");
    }

    private static String tomorrow() {
        return Instant.now().plus(Duration.ofDays(1)).toString();
    }

    private double runs(Scrape scrape, String state) {
        return scrape.of("holdfast_runs{lane=\"" + lane + "\",state=\"" + state + "\",tenant=\"default\"}");
    }

    private static double moves(Scrape before, Scrape after, String move) {
        return after.since(before, "holdfast_moves_total{move=\"" + move + "\"}");
    }
}
