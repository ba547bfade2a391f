package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.WatchedNode;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Readiness says whether the dead are looked for. The node sweeps each second, so that four intervals are four seconds. */
class ReaperHealthIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Map<String, String> SILENCE_COUNTS =
            Map.of("heartbeat", "required", "heartbeatTimeout", "PT1S");

    private final Api api = WatchedNode.api();
    private final Rows rows = WatchedNode.rows();
    private final String lane = "health-" + UUID.randomUUID();

    @AfterEach
    void mend() {
        rows.change("update reaper set enabled = true, judging_since = null");
        WatchedNode.server().awaitReady();
    }

    @Test
    void C12_aNodeWhoseSweepsBreakIsNotReadyAndComesBack() {
        assertThat(ready().status()).isEqualTo(200);

        breakTheLeasesPhase();
        try {
            awaitNotReady();
            var check = reaper();
            assertThat(check.path("status").asText()).isEqualTo("DOWN");
            assertThat(check.path("data").path("ageSeconds").asLong()).isBetween(4L, 30L);
            assertThat(check.path("data").path("because").asText())
                    .isEqualTo("no sweep has succeeded for PT4S; the log says why");
            assertThat(api.get("/health/live").status())
                    .as("it is not this process that is at fault")
                    .isEqualTo(200);
            assertThat(api.get("/health/started").status()).isEqualTo(200);
        } finally {
            rows.execute("drop trigger unheld on lanes");
        }

        await().atMost(PATIENCE).until(() -> ready().status() == 200);
        assertThat(reaper().path("data").path("ageSeconds").asLong()).isLessThan(4);
        await().atMost(PATIENCE).until(() -> rows.count("select count(*) from leases where lane = ?", lane) == 0);
    }

    /** Sweeps without success are no outage: the dead get no more time for them. */
    @Test
    void C12_theDeadAreFoundHoweverLongAnotherPhaseIsBroken() {
        rows.execute("alter table api_keys rename column found_expired_at to nowhere");
        try {
            awaitNotReady();
            api.put("/api/v1/lanes/" + lane, SILENCE_COUNTS).expect(201);
            api.submit(lane);
            var claim = api.claimOne("silent", lane);
            await().atMost(PATIENCE)
                    .until(() -> api.run(claim.runId()).path("lost").asInt() == 1);
        } finally {
            rows.execute("alter table api_keys rename column nowhere to found_expired_at");
        }
    }

    /** Each batch is held up by more than half an interval, so that a sweep that removes two has not asked. */
    @Test
    void whatIsLongOverTakesHalfOfASweepsIntervalAndLeavesTheRestToTheNext() {
        rows.execute("""
                create function dawdle() returns trigger language plpgsql as
                'begin perform pg_sleep(0.6); return null; end'""");
        api.put("/api/v1/lanes/" + lane, Map.of("retention", "PT1H")).expect(201);
        rows.execute("create trigger slow before delete on runs for each statement execute function dawdle()");
        try {
            rows.change("""
                    insert into runs (tenant_id, id, lane, state, last_state, ended_at)
                    select tenant_id, gen_random_uuid(), name, 'cancelled', 'queued', now() - interval 'P1D'
                    from lanes, generate_series(1, 1400) where name = ?""", lane);
            // A sweep is noted when it is over, a moment after its last run is gone.
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(rows.all("""
                                    select phases #>> '{retention,cleanedUp}' as removed from sweeps
                                    where phases #>> '{retention,cleanedUp}' <> '0' order by started_at"""))
                    .extracting(row -> row.get("removed"))
                    .containsExactly("500", "500", "400"));
        } finally {
            rows.execute("drop trigger slow on runs");
            rows.execute("drop function dawdle");
        }
    }

    @Test
    void aPausedReaperIsSaidAndLeavesTheNodeReady() {
        rows.change("update reaper set enabled = false, last_success_at = last_success_at - interval 'PT1H'");

        assertThat(ready().status()).isEqualTo(200);
        var data = reaper().path("data");
        assertThat(data.path("enabled").asBoolean()).isFalse();
        assertThat(data.path("because").asText()).isEqualTo("paused by an operator");
        assertThat(data.path("ageSeconds").asLong()).isGreaterThanOrEqualTo(3600);
    }

    /** As many silent leases as let the mass-stale breaker act, and a trigger that does not let it. */
    private void breakTheLeasesPhase() {
        rows.execute("""
                create or replace function refuse() returns trigger language plpgsql as
                $$ begin raise exception 'refused by a test'; end $$;
                create trigger unheld before update of held_until on lanes for each row
                    when (new.name like 'health-%') execute function refuse()""");
        api.put("/api/v1/lanes/" + lane, SILENCE_COUNTS).expect(201);
        api.post("/api/v1/runs/batch", Map.of("runs", Collections.nCopies(20, Map.of("lane", lane))))
                .expect(200);
        var claims = api.post("/api/v1/claims", Map.of("workerId", "silent", "lanes", List.of(lane), "max", 20))
                .expect(200);
        assertThat(claims.json().path("claims")).hasSize(20);
        rows.change(
                "update leases set claimed_at = claimed_at - interval 'PT1H', last_heartbeat_at = last_heartbeat_at - interval 'PT1H'"
                        + " where lane = ?",
                lane);
    }

    private void awaitNotReady() {
        await().atMost(PATIENCE).until(() -> ready().status() == 503);
    }

    private Reply ready() {
        return api.get("/health/ready");
    }

    private JsonNode reaper() {
        for (var check : ready().json().path("checks")) {
            if (check.path("name").asText().equals("reaper")) {
                return check;
            }
        }
        throw new AssertionError("readiness says nothing of the reaper");
    }
}
