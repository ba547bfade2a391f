package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Resuming: by one of however many, from where it is allowed, and otherwise with the truth about where the run is. */
class ResumeIT {
    private static final int ROUNDS = 5;

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final String lane = Situation.newLane("resume");

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILED", "PAUSED", "STALE_CLAIMED", "STALE_RUNNING"})
    void D1_whatFailedOrWasPausedOrOrphanedIsQueuedAgain(Situation situation) {
        var owner = situation.bring(one, rows, lane);
        var before = one.run(owner.runId());

        var reply = two.post(resume(owner), Map.of("reason", "the CRM is back")).expect(200);

        var after = one.run(owner.runId());
        assertThat(reply.json()).isEqualTo(after);
        assertThat(reply.header("ETag")).isEqualTo("\"" + after.path("version").asText() + "\"");
        assertThat(after.path("state").asText()).isEqualTo("queued");
        assertThat(after.path("fence").asLong()).isEqualTo(before.path("fence").asLong() + 1);
        for (var gone : List.of("failure", "endedAt", "waitingFor", "workerId", "claimedAt", "leaseExpiresAt")) {
            assertThat(after.has(gone)).as(gone).isFalse();
        }
        for (var kept : List.of("attempt", "failures", "lost", "submittedAt")) {
            assertThat(after.path(kept)).as(kept).isEqualTo(before.path(kept));
        }
        var events = one.get("/api/v1/runs/" + owner.runId() + "/events").json().path("items");
        var last = events.get(events.size() - 1);
        assertThat(last.path("type").asText()).isEqualTo("resumed");
        assertThat(last.path("from").asText()).isEqualTo(situation.state.id());
        assertThat(last.path("to").asText()).isEqualTo("queued");
        assertThat(last.path("reason").asText()).isEqualTo("the CRM is back");
        assertThat(last.at("/actor/kind").asText()).isEqualTo("operator");
        assertThat(last.path("correlationId").asText()).isEqualTo(reply.header("X-Correlation-Id"));
        assertThat(last.path("at")).isNotEqualTo(before.path("endedAt"));
        switch (situation) {
            case FAILED -> {
                assertThat(last.at("/data/failure")).isEqualTo(before.path("failure"));
                assertThat(events.get(events.size() - 2).at("/data/code").asText())
                        .isEqualTo("no");
            }
            case PAUSED -> assertThat(last.has("data")).isFalse();
            default -> {
                assertThat(last.at("/data/rule").asText())
                        .isEqualTo(situation == Situation.STALE_CLAIMED ? "claim_expired" : "worker_heartbeat_lost");
                assertThat(last.at("/data/workerId").asText()).isEqualTo("worker-1");
                assertThat(last.at("/data/lastHeartbeatAt").asText()).isEqualTo(micros(before.path("lastHeartbeatAt")));
                assertThat(last.at("/data/staleAt").asText()).isEqualTo(micros(before.path("leaseExpiresAt")));
            }
        }
        assertThat(two.claimOne("worker-2", lane).fence())
                .isEqualTo(after.path("fence").asLong() + 1);
    }

    @Test
    void D1_nothingOfTheFailureIsLeftOnTheRunAndNothingOfItIsLostToTheTimeline() {
        one.submit(lane);
        var owner = one.claimOne("worker-1", lane);
        var details = Map.of("status", 429);
        var failure = Map.of("code", "rate_limited", "message", "Slow down.", "details", details);
        one.asOwner(owner, "fail", Map.of("failure", failure, "retryable", false))
                .expect(200);

        two.post(resume(owner), null).expect(200);

        assertThat(rows.one("""
                select failure_code, failure_category, failure_message, failure_details, failed_at from runs
                where id = cast(? as uuid)""", owner.runId()).values()).containsOnlyNulls();
        assertThat(rows.one(
                        "select cast(data -> 'details' ->> 'status' as integer) as status from events"
                                + " where run_id = cast(? as uuid) and type = 'failed'",
                        owner.runId()))
                .containsEntry("status", 429);
    }

    @Test
    void D1_whatTheOrphansOwnerSaidLastGoesToTheNext() {
        one.submit(lane);
        var owner = one.claimOne("worker-1", lane);
        one.asOwner(owner, "heartbeat", Map.of("progress", "half", "checkpoint", Map.of("page", 7)))
                .expect(200);
        orphan(owner);

        var resumed = two.post(resume(owner), null).expect(200).json();

        assertThat(resumed.path("progress").asText()).isEqualTo("half");
        assertThat(one.claimOne("worker-2", lane).json().at("/checkpoint/page").asInt())
                .isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({
        "CLAIMED, alive, Cancel it",
        "RUNNING, alive, pause it",
        "QUEUED, already, explain",
        "HANDED_BACK, already, explain",
        "ASLEEP, sleeps, availableAt",
        "AWAITING_APPROVAL, approval, GET /approvals?runId=",
        "COMPLETED, final, Submit a new one",
        "CANCELLED, final, Submit a new one",
        "CANCELLED_UNOWNED, final, Submit a new one"
    })
    void D2_D3_D5_whatCannotBeResumedIsToldApartAndWhatToDoInstead(Situation situation, String why, String instead) {
        var owner = situation.bring(one, rows, lane);
        var before = rows.everythingOf(owner.runId());

        var problem = two.post(resume(owner), Map.of("reason", "please"))
                .expect(409, "run_not_resumable")
                .json();

        assertThat(problem.path("currentState").asText()).isEqualTo(situation.state.id());
        assertThat(problem.path("waitingFor").asText())
                .isEqualTo(situation.waitingFor == null ? "" : situation.waitingFor.id());
        assertThat(problem.path("detail").asText()).contains(why, instead);
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
    }

    @Test
    void D4_whatIsUnknownOrAnotherTenantsIs404() {
        var other = Tenant.newOn(Cluster.node(1), rows);
        var theirs = Situation.FAILED.bring(other.api(), rows, lane);
        var before = rows.everythingOf(theirs.runId());

        for (var id : List.of(UUID.randomUUID().toString(), theirs.runId(), "nobody")) {
            one.post("/api/v1/runs/" + id + "/resume", null).expect(404, "not_found");
            one.post("/api/v1/runs/" + id + "/resume", Map.of("claim", Map.of("workerId", "w")))
                    .expect(404, "not_found");
        }
        assertThat(rows.everythingOf(theirs.runId())).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILED", "STALE_RUNNING"})
    void D6_ofTwentyParallelResumesOnTwoNodesOneResumes(Situation situation) {
        for (int round = 0; round < ROUNDS; round++) {
            var owner = situation.bring(one, rows, Situation.newLane("resume"));
            var fence = one.run(owner.runId()).path("fence").asLong();

            var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two).post(resume(owner), Map.of()));

            assertOneOf(replies, 200);
            assertThat(replies).filteredOn(reply -> reply.status() != 200).allSatisfy(reply -> assertThat(
                            reply.expect(409, "run_not_resumable")
                                    .json()
                                    .path("currentState")
                                    .asText())
                    .isEqualTo("queued"));
            assertThat(one.run(owner.runId()).path("fence").asLong()).isEqualTo(fence + 1);
            assertThat(events(owner, "resumed")).isEqualTo(1);
        }
    }

    @Test
    void D6_aResumeThatLosesToACancelSaysSo() {
        var owner = Situation.FAILED.bring(one, rows, lane);
        var replies = runHeld(owner)
                .inOrder(() -> one.post(path(owner, "cancel"), null), () -> two.post(resume(owner), null));

        assertThat(replies.get(0).expect(200).json().path("cancelled").asBoolean())
                .isTrue();
        var lost = replies.get(1).expect(409, "run_not_resumable").json();
        assertThat(lost.path("currentState").asText()).isEqualTo("cancelled");
        assertThat(one.run(owner.runId()).path("state").asText()).isEqualTo("cancelled");
    }

    @Test
    void D6_aHeartbeatInTimeBringsTheOwnerBackToLife() {
        var owner = Situation.STALE_RUNNING.bring(one, rows, lane);
        var replies = HeldLock.by(
                        rows, "select from leases where run_id = ? for update", UUID.fromString(owner.runId()))
                .inOrder(() -> one.beat(owner), () -> two.post(resume(owner), null));

        assertThat(replies.get(0).expect(200).json().path("continue").asBoolean())
                .isTrue();
        assertThat(replies.get(1)
                        .expect(409, "run_not_resumable")
                        .json()
                        .path("currentState")
                        .asText())
                .isEqualTo("running");
        one.complete(owner).expect(200);
    }

    @Test
    void D9_aFaultOfTheDatabaseAfterALostRaceIsNeverTakenForAnAnswer() {
        var owner = Situation.FAILED.bring(one, rows, lane);
        var held = runHeld(owner);
        var cancelled = held.queue(() -> one.post(path(owner, "cancel"), null));
        var resumed = held.queue(() -> two.post(resume(owner), null));

        try (var lanes = HeldLock.by(rows, "lock table lanes in access exclusive mode")) {
            held.close();
            cancelled.join().expect(200);
            lanes.cancelWaiting("as rival"); // where it looks at the run again
            var answer = resumed.join().expect(503, "database_unavailable");
            assertThat(answer.header("Retry-After")).isNotNull();
        }

        assertThat(events(owner, "resumed")).isZero();
        two.post(resume(owner), null).expect(409, "run_not_resumable");
    }

    @ParameterizedTest
    @EnumSource(names = {"FAILED", "PAUSED", "STALE_RUNNING"})
    void D10_ofTwentyResumersWithAClaimOneBecomesTheOwner(Situation situation) {
        var former = situation.bring(one, rows, lane);
        var before = one.run(former.runId());

        var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two).post(resume(former), claim("resumer-" + i)));

        assertOneOf(replies, 200);
        assertThat(replies).filteredOn(reply -> reply.status() != 200).allSatisfy(reply -> assertThat(
                        reply.expect(409, "run_not_resumable")
                                .json()
                                .path("currentState")
                                .asText())
                .isEqualTo("claimed"));
        var won = replies.stream()
                .filter(reply -> reply.status() == 200)
                .findFirst()
                .orElseThrow();
        var claim = Claimed.of(won.json());
        var run = one.run(claim.runId());
        assertThat(won.json().path("run")).isEqualTo(run);
        assertThat(won.header("ETag")).isEqualTo("\"" + run.path("version").asText() + "\"");
        assertThat(claim.fence())
                .isEqualTo(before.path("fence").asLong() + 1)
                .isEqualTo(run.path("fence").asLong());
        assertThat(run.path("workerId").asText()).startsWith("resumer-");
        assertThat(run.path("attempt").asInt()).isEqualTo(before.path("attempt").asInt() + 1);
        assertThat(won.json().path("attempt")).isEqualTo(run.path("attempt"));
        assertThat(won.json().path("heartbeatEvery").asText()).isEqualTo("PT30S");
        assertThat(won.json().path("leaseExpiresAt")).isEqualTo(run.path("leaseExpiresAt"));
        assertThat(rows.one(
                        "select l.last_heartbeat_at = l.claimed_at and l.claimed_at = r.claimed_at and l.beats = 0"
                                + " and l.key_expires_at = l.claimed_at + interval 'PT2H' as whole"
                                + " from leases l join runs r on r.id = l.run_id where r.id = cast(? as uuid)",
                        claim.runId()))
                .containsEntry("whole", true);
        assertThat(events(claim, "resumed")).isEqualTo(1);

        var its = two.withKey(claim.runKey());
        assertThat(its.beat(claim).expect(200).json().path("continue").asBoolean())
                .isTrue();
        assertThat(one.run(claim.runId()).path("state").asText()).isEqualTo("running");
        one.beat(former).expect(409, "lease_lost");
        its.complete(claim).expect(200);
        assertThat(its.beat(claim)
                        .expect(401, "key_revoked")
                        .json()
                        .path("because")
                        .asText())
                .isEqualTo("run_completed");
    }

    @Test
    void D10_aClaimMadeByAResumeIsLostAsAnyOther() {
        var first = claimOf(two.post(resume(Situation.FAILED.bring(one, rows, lane)), claim("resumer")));
        one.post(path(first, "pause"), null).expect(200);
        assertThat(two.beat(first).expect(200).json().path("reason").asText()).isEqualTo("paused");
        assertThat(becauseOf(first)).isEqualTo("paused");

        var second = claimOf(two.post(resume(first), claim("resumer")));
        var lost = one.beat(first).expect(409, "lease_lost").json();
        assertThat(lost.path("lostBecause").asText()).isEqualTo("paused");
        assertThat(lost.path("current").asLong()).isEqualTo(second.fence());
        orphan(second);

        var third = claimOf(two.post(resume(first), claim("resumer")));
        assertThat(one.beat(second)
                        .expect(409, "lease_lost")
                        .json()
                        .path("lostBecause")
                        .asText())
                .isEqualTo("resumed");
        assertThat(becauseOf(second)).isEqualTo("resumed");
        one.asOwner(third, "release", Map.of()).expect(200);
        assertThat(one.beat(third)
                        .expect(409, "lease_lost")
                        .json()
                        .path("lostBecause")
                        .asText())
                .isEqualTo("released");
    }

    @Test
    void D10_theNewOwnerBeginsWithTheCheckpointAndNoProgress() {
        one.submit(lane);
        var owner = one.claimOne("worker-1", lane);
        one.asOwner(owner, "heartbeat", Map.of("progress", "half", "checkpoint", Map.of("page", 7)))
                .expect(200);
        orphan(owner);

        var claim = two.post(resume(owner), claim("resumer")).expect(200).json();

        assertThat(claim.at("/checkpoint/page").asInt()).isEqualTo(7);
        assertThat(claim.path("run").has("progress")).isFalse();
        assertThat(claim.at("/run/lastHeartbeatAt")).isEqualTo(claim.at("/run/claimedAt"));
    }

    @Test
    void D10_aClosedLaneGivesNothingToAResumer() {
        var failed = Situation.FAILED.bring(one, rows, lane);
        var before = rows.everythingOf(failed.runId());

        one.post("/api/v1/lanes/" + lane + "/pause", null).expect(200);
        two.post(resume(failed), claim("resumer")).expect(409, "lane_paused");
        one.post("/api/v1/lanes/" + lane + "/unpause", null).expect(200);

        rows.change("update lanes set max_in_flight = 1 where name = ?", lane);
        one.submit(lane);
        var busy = one.claimOne("worker-2", lane);
        var full = two.post(resume(failed), claim("resumer"))
                .expect(409, "lane_full")
                .json();
        assertThat(full.path("detail").asText()).contains("1/1");
        assertThat(rows.everythingOf(failed.runId())).isEqualTo(before);

        orphan(busy);
        two.post(resume(busy), claim("resumer")).expect(200); // it makes room for itself
        two.post(resume(failed), null).expect(200); // the queue has room
    }

    @Test
    void D10_aLanesLimitHoldsForEachConcurrencyKey() {
        var failed = List.of("a", "a", "b").stream()
                .map(key -> failedOf(Map.of("concurrencyKey", key)))
                .toList();
        rows.change("update lanes set max_in_flight = 1 where name = ?", lane);

        two.post(resume(failed.get(0)), claim("resumer")).expect(200);
        two.post(resume(failed.get(1)), claim("resumer")).expect(409, "lane_full");
        two.post(resume(failed.get(2)), claim("resumer")).expect(200);
    }

    @Test
    void D10_resumersAtOnceDoNotOverfillALane() {
        var failed = java.util.stream.IntStream.range(0, 10)
                .mapToObj(i -> failedOf(Map.of()))
                .toList();
        rows.change("update lanes set max_in_flight = 3 where name = ?", lane);

        var replies = Api.inParallel(10, i -> (i % 2 == 0 ? one : two).post(resume(failed.get(i)), claim("resumer")));

        assertThat(replies).filteredOn(reply -> reply.status() == 200).hasSize(3);
        assertThat(replies)
                .filteredOn(reply -> reply.status() != 200)
                .allSatisfy(reply -> reply.expect(409, "lane_full"));
        assertThat(rows.count("select count(*) from leases where lane = ?", lane))
                .isEqualTo(3);
    }

    @Test
    void D10_toClaimByAResumeTakesTheRightToClaim() {
        var failed = Situation.FAILED.bring(one, rows, lane);
        var operator = withScopes("runs:operate");
        var refused = operator.post(resume(failed), claim("resumer")).expect(403, "forbidden");
        assertThat(refused.json().path("detail").asText()).contains("runs:work");
        withScopes("runs:work", "runs:submit", "runs:read")
                .post(resume(failed), null)
                .expect(403, "forbidden");
        operator.post(resume(failed), null).expect(200);
    }

    @Test
    void A4_aRunWhoseSubjectIsTakenIsNotResumedUntilItIsFree() {
        var failed = failedOf(Map.of("subject", "account-17"));
        var other = one.submit(lane, Map.of("subject", "account-17")).path("id").asText();
        var before = rows.everythingOf(failed.runId());

        for (var body : List.of(Map.of(), claim("resumer"))) {
            var refused =
                    two.post(resume(failed), body).expect(409, "subject_active").json();
            assertThat(refused.path("activeRunId").asText()).isEqualTo(other);
        }
        assertThat(rows.everythingOf(failed.runId())).isEqualTo(before);

        one.post("/api/v1/runs/" + other + "/cancel", null).expect(200);
        two.post(resume(failed), null).expect(200);
    }

    @Test
    void A4_ofTwoRunsOfOneSubjectResumedAtOnceOneIsResumed() {
        for (int round = 0; round < ROUNDS; round++) {
            var subject = Map.of("subject", "account-" + round);
            var pair = List.of(failedOf(subject), failedOf(subject));

            var replies = Api.inParallel(2, i -> (i == 0 ? one : two).post(resume(pair.get(i)), null));

            assertOneOf(replies, 200);
            int lost = replies.get(0).status() == 200 ? 1 : 0;
            assertThat(replies.get(lost)
                            .expect(409, "subject_active")
                            .json()
                            .path("activeRunId")
                            .asText())
                    .isEqualTo(pair.get(1 - lost).runId());
            one.post(path(pair.get(1 - lost), "cancel"), null).expect(200);
        }
    }

    @Test
    void E5_aResumeWithAnOldVersionIs412AndChangesNothing() {
        var owner = Situation.FAILED.bring(one, rows, lane);
        var version = one.run(owner.runId()).path("version").asLong();
        var before = rows.everythingOf(owner.runId());

        for (var old : List.of("\"" + (version - 1) + "\"", "\"x\"")) {
            var refused = two.with("If-Match", old).post(resume(owner), null).expect(412, "version_mismatch");
            assertThat(refused.json().path("currentVersion").asLong()).isEqualTo(version);
        }
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);

        var seen = two.with("If-Match", "\"" + version + "\"");
        var replies =
                runHeld(owner).inOrder(() -> seen.post(resume(owner), null), () -> seen.post(resume(owner), null));
        replies.get(0).expect(200);
        assertThat(replies.get(1)
                        .expect(412, "version_mismatch")
                        .json()
                        .path("currentVersion")
                        .asLong())
                .isEqualTo(version + 1);
    }

    @Test
    void E5_heartbeatsDoNotSpoilAVersion() {
        var owner = Situation.RUNNING.bring(one, rows, lane);
        var seen = two.with("If-Match", two.get("/api/v1/runs/" + owner.runId()).header("ETag"));
        one.beat(owner).expect(200);
        orphan(owner);

        seen.post(resume(owner), null).expect(200);
    }

    private void orphan(Claimed owner) {
        rows.holdFromSweeps(lane);
        rows.shift(owner.runId(), java.time.Duration.ofHours(3), java.time.Duration.ofHours(3));
    }

    private Claimed failedOf(Map<String, ?> members) {
        one.submit(lane, members);
        var claim = one.claimOne("worker-1", lane);
        one.asOwner(claim, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                .expect(200);
        return claim;
    }

    private Api withScopes(String... scopes) {
        var key = one.post("/api/v1/keys", Map.of("name", "resume", "scopes", List.of(scopes)))
                .expect(201);
        return one.withKey(key.json().path("key").asText());
    }

    private String becauseOf(Claimed dead) {
        return one.withKey(dead.runKey())
                .beat(dead)
                .expect(401, "key_revoked")
                .json()
                .path("because")
                .asText();
    }

    private HeldLock runHeld(Claimed claim) {
        return HeldLock.by(rows, "select from runs where id = ? for update", UUID.fromString(claim.runId()));
    }

    private long events(Claimed run, String type) {
        return rows.count("select count(*) from events where run_id = cast(? as uuid) and type = ?", run.runId(), type);
    }

    private static void assertOneOf(List<Reply> replies, int status) {
        assertThat(replies).filteredOn(reply -> reply.status() == status).hasSize(1);
    }

    private static Claimed claimOf(Reply reply) {
        return Claimed.of(reply.expect(200).json());
    }

    private static Map<String, ?> claim(String workerId) {
        return Map.of("claim", Map.of("workerId", workerId));
    }

    private static String resume(Claimed run) {
        return path(run, "resume");
    }

    private static String path(Claimed run, String command) {
        return "/api/v1/runs/" + run.runId() + "/" + command;
    }

    /** As evidence writes a time. */
    private static String micros(JsonNode time) {
        return java.time.Instant.parse(time.asText())
                .atOffset(java.time.ZoneOffset.UTC)
                .format(java.time.format.DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"));
    }
}
