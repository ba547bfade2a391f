package dev.holdfast.scenario;

import static dev.holdfast.scenario.Lanes.ACTION;
import static dev.holdfast.scenario.Lanes.AUTH;
import static dev.holdfast.scenario.Lanes.SYNC;
import static dev.holdfast.scenario.Lanes.WATCHER;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** J3: people resume and cancel runs while workers, the reaper and other people are at them. */
class ResumeAndCancelScenarioIT {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration FRESH = Duration.ofSeconds(30);
    private static final Duration SILENT = Duration.ofMinutes(4);

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @BeforeEach
    void lanes() {
        Lanes.declareIn(tenant);
    }

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void J3_failedPausedAndStaleRunsAreResumed() {
        var failed = failed();
        var paused = tenant.beating(SYNC).runId();
        ask(paused, "pause").expect(200);
        var stale = tenant.shifted(tenant.beating(WATCHER), HOUR, SILENT).runId();

        for (var run : List.of(failed, paused, stale)) {
            var fence = tenant.run(run).path("fence").asLong();
            var resumed = ask(run, "resume").expect(200).json();
            assertThat(resumed.path("state").asText()).isEqualTo("queued");
            assertThat(resumed.path("fence").asLong()).isEqualTo(fence + 1);
            assertThat(resumed.has("failure")).isFalse();
        }
    }

    @Test
    void J3_freshCompletedAndCancelledRunsAreNotAndTheAnswerSaysWhereTheyAre() {
        var fresh = tenant.shifted(tenant.beating(WATCHER), HOUR, FRESH).runId();
        var silentByNature = tenant.claimedAgo(tenant.claimed(ACTION), HOUR).runId();
        var completed = completed();
        var cancelled = tenant.claimed(SYNC).runId();
        ask(cancelled, "cancel").expect(200);

        assertNotResumable(fresh, "running");
        assertNotResumable(silentByNature, "claimed");
        assertNotResumable(completed, "completed");
        assertNotResumable(cancelled, "cancelled");
    }

    @Test
    void J3_anUnknownRunIsToldApartFromOneThatCannotBeResumed() {
        ask(UUID.randomUUID().toString(), "resume").expect(404, "not_found");
        ask(node.newTenant().claimed(SYNC).runId(), "resume").expect(404, "not_found");
    }

    @Test
    void J3_ofTwoResumersAtOnceOneResumes() {
        var run = failed();
        var replies = HeldLock.by(rows, "select from runs where id = ? for update", UUID.fromString(run))
                .inOrder(() -> ask(run, "resume"), () -> ask(run, "resume"));

        assertThat(replies.get(0).expect(200).json().path("state").asText()).isEqualTo("queued");
        assertThat(replies.get(1)
                        .expect(409, "run_not_resumable")
                        .json()
                        .path("currentState")
                        .asText())
                .isEqualTo("queued");
        assertThat(tenant.events(run))
                .filteredOn(event -> event.path("type").asText().equals("resumed"))
                .hasSize(1);
    }

    @Test
    void J3_ofAResumeAndAReapOneTakesTheRunFromItsDeadOwner() {
        for (int round = 0; round < 10; round++) {
            var claim = tenant.shifted(tenant.beating(SYNC), HOUR, SILENT);

            var replies = Api.inParallel(
                    2,
                    i -> i == 0
                            ? ask(claim.runId(), "resume")
                            : tenant.api().post("/api/v1/sweeps", Map.of("phases", List.of("leases"))));

            boolean reaped = replies.get(1).expect(200).json().path("cleanedUp").asInt() == 1;
            assertThat(replies.get(0).status()).isEqualTo(reaped ? 409 : 200);
            var run = tenant.run(claim.runId());
            assertThat(run.path("state").asText()).isEqualTo("queued");
            assertThat(run.path("fence").asLong()).isEqualTo(claim.fence() + 1);
            assertThat(run.path("lost").asInt()).isEqualTo(reaped ? 1 : 0);
            tenant.api().beat(claim).expect(409, "lease_lost");
            ask(claim.runId(), "cancel").expect(200);
        }
    }

    /** Each kind of lane, and each age of a claim and of its last beat: what the list offers is what a resume takes. */
    @Test
    void J3_lookupAndResumeShareOnePredicate() {
        var runs = new ArrayList<String>(List.of(failed(), completed()));
        for (var lane : List.of(SYNC, AUTH, ACTION, WATCHER)) {
            for (var age : List.of(FRESH, SILENT, Duration.ofHours(3))) {
                runs.add(tenant.claimedAgo(tenant.claimed(lane), age).runId());
                runs.add(tenant.shifted(tenant.beating(lane), age.plus(FRESH), age)
                        .runId());
                runs.add(tenant.shifted(tenant.beating(lane), Duration.ofHours(4), age)
                        .runId());
            }
        }

        var offered = offered();

        assertThat(offered).isNotEmpty().hasSizeLessThan(runs.size());
        for (var run : runs) {
            assertThat(ask(run, "resume").status())
                    .as(tenant.run(run).toString())
                    .isEqualTo(offered.contains(run) ? 200 : 409);
        }
        assertThat(offered()).isEmpty();
    }

    @Test
    void J3_cancelIsIdempotentAndSaysWhetherItWasThisOne() {
        var run = tenant.beating(SYNC).runId();
        var first = ask(run, "cancel").expect(200).json();
        assertThat(first.path("cancelled").asBoolean()).isTrue();
        var ended = tenant.run(run);

        var second = ask(run, "cancel").expect(200).json();

        assertThat(second.path("cancelled").asBoolean(true)).isFalse();
        assertThat(second.path("version")).isEqualTo(first.path("version"));
        assertThat(tenant.run(run)).isEqualTo(ended);
    }

    @Test
    void J3_aFailedRunIsStillCancellableAndThenNoLongerResumable() {
        var run = failed();
        assertThat(ask(run, "cancel").expect(200).json().path("cancelled").asBoolean())
                .isTrue();
        assertNotResumable(run, "cancelled");
        assertThat(tenant.run(run).at("/failure/code").asText()).isEqualTo("no");
    }

    @Test
    void J3_aCompletedRunIsNeverResurrected() {
        var run = completed();
        var before = rows.everythingOf(run);
        for (var command : List.of("resume", "pause", "cancel")) {
            assertThat(ask(run, command).status()).isIn(200, 409);
        }
        tenant.api().post("/api/v1/runs/resume", Map.of("ids", List.of(run))).expect(200);
        tenant.api().post("/api/v1/runs/cancel", Map.of("ids", List.of(run))).expect(200);
        assertThat(rows.everythingOf(run)).isEqualTo(before);
    }

    @Test
    void J3_aDatabaseFaultInTheProbeIsNot404() {
        var run = failed();
        for (var command : List.of("resume", "cancel", "pause")) {
            try (var table = HeldLock.by(rows, "lock table runs in access exclusive mode")) {
                var reply = table.queue(() -> ask(run, command));
                table.cancelWaiting("runs");
                reply.join().expect(503, "database_unavailable");
            }
        }
        ask(run, "resume").expect(200);
    }

    private void assertNotResumable(String run, String state) {
        var before = rows.everythingOf(run);
        JsonNode problem = ask(run, "resume").expect(409, "run_not_resumable").json();
        assertThat(problem.path("currentState").asText()).isEqualTo(state);
        assertThat(rows.everythingOf(run)).isEqualTo(before);
    }

    private List<String> offered() {
        return tenant.api()
                .get("/api/v1/runs?resumable=true&limit=500")
                .expect(200)
                .json()
                .path("items")
                .findValuesAsText("id");
    }

    private String failed() {
        var claim = tenant.claimed(AUTH);
        tenant.api()
                .asOwner(claim, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                .expect(200);
        return claim.runId();
    }

    private String completed() {
        Claimed claim = tenant.beating(AUTH);
        tenant.api().complete(claim).expect(200);
        return claim.runId();
    }

    private Reply ask(String run, String command) {
        return tenant.api().post("/api/v1/runs/" + run + "/" + command, null);
    }
}
