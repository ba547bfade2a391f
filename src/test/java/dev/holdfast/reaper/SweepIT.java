package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Sweeps as a whole: large ones, ones that others get in the way of, broken ones, rehearsed ones. */
class SweepIT {
    private static final Duration DEAD = Duration.ofHours(3);
    private static final Map<String, ?> REQUIRED = Map.of("heartbeat", "required");
    private static final Map<String, ?> REQUIRED_OR_FAILED = Map.of("heartbeat", "required", "onLost", "fail");

    private static final String ROW = "select id from runs where id = ? for update";

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void C11_fiveThousandStaleRunsAreReapedByOneSweepEachReportedOnce() {
        tenant.lane("many", REQUIRED);
        var claims = tenant.manyClaimedAgo("many", 5000, DEAD);

        var sweep = tenant.api()
                .unchecked() // each of its verdicts is of one kind; the contract is held against smaller sweeps
                .post("/api/v1/sweeps", Map.of("phases", List.of("leases")))
                .expect(200)
                .json();

        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(5000);
        assertThat(sweep.path("failed").asInt()).isZero();
        assertThat(sweep.path("verdicts").findValuesAsText("runId"))
                .containsExactlyInAnyOrderElementsOf(
                        claims.stream().map(Claimed::runId).toList());
        assertThat(rows.one("""
                        select count(*) as runs, count(*) filter (where state = 'queued' and fence = 2 and lost = 1) as requeued,
                               (select count(*) from events where tenant_id = ? and type = 'reaped') as events,
                               (select count(*) from leases where tenant_id = ?) as leases
                        from runs where tenant_id = ?""", tenant.id(), tenant.id(), tenant.id()).values())
                .containsExactly(5000L, 5000L, 5000L, 0L);
    }

    @Test
    void C11_whoActsBetweenTheSweepsFindingAndItsActingIsLeftAlone() {
        tenant.lane("late", REQUIRED);
        var claims = tenant.manyClaimedAgo("late", 1100, DEAD);
        var last = claims.subList(claims.size() - 4, claims.size());
        CompletableFuture<JsonNode> reply;
        // The first two batches may go at once; the last ones are of the third.
        try (var second = HeldLock.by(rows, ROW, id(claims.get(500)));
                var first = HeldLock.by(rows, ROW, id(claims.get(0)))) {
            reply = first.queue(tenant::sweepLeases);
            await().until(() -> second.waiting() == 1);
            tenant.api().beat(last.get(0)).expect(200);
            tenant.api().complete(last.get(1)).expect(200);
            tenant.api()
                    .post("/api/v1/runs/" + last.get(2).runId() + "/cancel", Map.of())
                    .expect(200);
            tenant.api()
                    .asOwner(
                            last.get(3),
                            "sleep",
                            Map.of("until", Instant.now().plusSeconds(3600).toString()))
                    .expect(200);
        }

        var sweep = reply.join();

        assertThat(sweep.path("total").asInt()).isEqualTo(1096);
        assertThat(sweep.path("verdicts").findValuesAsText("runId"))
                .doesNotContainAnyElementsOf(last.stream().map(Claimed::runId).toList());
        assertThat(last)
                .extracting(claim -> tenant.run(claim.runId()).path("state").asText())
                .containsExactly("running", "completed", "cancelled", "suspended");
        assertThat(rows.count(
                        "select count(*) from events where type = 'reaped' and run_id in (?, ?, ?, ?)",
                        last.stream().map(SweepIT::id).toArray()))
                .isZero();
    }

    @Test
    void C11_anOwnerWhoIsAtItsLeaseIsPassedOver() {
        tenant.lane("held", REQUIRED);
        for (var route : List.of("complete", "heartbeat")) {
            var claim = dead("held"); // only now: the sweep of the one before would have reaped it
            CompletableFuture<Reply> owner;
            try (var lease = HeldLock.by(rows, "select run_id from leases where run_id = ? for update", id(claim))) {
                owner = lease.queue(() -> tenant.api().asOwner(claim, route, Map.of()));
                assertThat(tenant.sweep(Map.of("phases", List.of("leases")))
                                .path("verdicts")
                                .findValuesAsText("runId"))
                        .doesNotContain(claim.runId());
            }
            owner.join().expect(200);
            assertThat(tenant.sweepLeases().path("verdicts").findValuesAsText("runId"))
                    .doesNotContain(claim.runId());
            assertThat(rows.count("select count(*) from verdicts where run_id = ?", id(claim)))
                    .isZero();
            assertThat(tenant.run(claim.runId()).path("state").asText())
                    .isEqualTo(route.equals("complete") ? "completed" : "running");
        }
    }

    @Test
    void C11_anOwnerWhoComesBehindTheSweepHasLostTheRun() {
        tenant.lane("behind", REQUIRED_OR_FAILED);
        var reaped = new ArrayList<String>();
        for (var route : List.of("complete", "heartbeat", "release")) {
            var claim = dead("behind");
            CompletableFuture<JsonNode> sweep;
            CompletableFuture<Reply> late;
            try (var run = HeldLock.by(rows, "select id from runs where id = ? for update", id(claim))) {
                sweep = run.queue(tenant::sweepLeases);
                late = run.queue(() -> tenant.api().asOwner(claim, route, Map.of()));
            }
            assertThat(sweep.join().path("cleanedUp").asInt()).isEqualTo(1);
            var owner = late.join().expect(409, "lease_lost");
            assertThat(owner.json().path("lostBecause").asText()).isEqualTo("reaped");
            assertThat(tenant.run(claim.runId()).at("/failure/code").asText()).isEqualTo("worker_heartbeat_lost");
            reaped.add(claim.runId());
        }
        var told = tenant.api()
                .get("/api/v1/events?after=0&type=reaped")
                .expect(200)
                .json()
                .path("items");
        assertThat(told.findValuesAsText("type")).containsOnly("reaped");
        assertThat(told.findValuesAsText("runId")).containsExactlyElementsOf(reaped);
    }

    @Test
    void C11_aLeaseOfAnotherFenceTakesNothingFromTheRunsOwner() {
        tenant.lane("fenced", REQUIRED);
        var claim = dead("fenced");
        var other = dead("fenced");
        rows.change("update runs set fence = fence + 1 where id = ?", id(claim));
        var before = rows.one("select cast(r as text) as stored from runs r where id = ?", id(claim));

        var sweep = tenant.sweepLeases();

        assertThat(sweep.path("verdicts").findValuesAsText("runId")).containsExactly(other.runId());
        assertThat(rows.one("select cast(r as text) as stored from runs r where id = ?", id(claim)))
                .isEqualTo(before);
        rows.change("delete from events where run_id = ?", id(claim));
        rows.change("delete from leases where run_id = ?", id(claim));
        rows.change("delete from runs where id = ?", id(claim));
    }

    @Test
    void B5_completeAgainstReapAHundredRoundsEachWithOneEndThatBothAgreeOn() {
        tenant.lane("race", REQUIRED_OR_FAILED);
        int reaped = 0;
        for (var claim : tenant.manyClaimedAgo("race", 100, DEAD)) {
            rows.change(
                    "update leases set last_heartbeat_at = claimed_at + interval 'PT1S' where run_id = ?", id(claim));
            var replies = Api.inParallel(
                    2,
                    i -> i == 0
                            ? tenant.api().complete(claim)
                            : tenant.api().post("/api/v1/sweeps", Map.of("cutoff", "PT2H59M")));
            var completed = replies.get(0);
            var run = tenant.run(claim.runId());
            if (completed.status() == 200) {
                assertThat(run.path("state").asText()).isEqualTo("completed");
            } else {
                completed.expect(409, "lease_lost");
                assertThat(run.at("/failure/code").asText()).isEqualTo("orphaned");
                reaped++;
            }
        }
        assertThat(rows.count("select count(*) from events where tenant_id = ? and type = 'reaped'", tenant.id()))
                .isEqualTo(reaped);
    }

    @Test
    void C12_aRowThatCannotBeMovedStopsNoOther() {
        tenant.lane("bad-row", REQUIRED);
        var claims = tenant.manyClaimedAgo("bad-row", 700, DEAD);
        var bad = claims.get(333);
        var before = rows.everythingOf(bad.runId());
        failing(bad.runId(), () -> {
            var sweep = tenant.sweepLeases();

            assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(699);
            assertThat(sweep.path("failed").asInt()).isEqualTo(1);
            assertThat(sweep.path("total").asInt()).isEqualTo(700);
            assertThat(rows.everythingOf(bad.runId())).isEqualTo(before);
            assertThat(rows.count("select count(*) from leases where tenant_id = ?", tenant.id()))
                    .isEqualTo(1);
        });

        assertThat(tenant.sweepLeases().path("verdicts").findValuesAsText("runId"))
                .containsExactly(bad.runId());
    }

    @Test
    void C12_aBadRowOfTheTimersSweepIsLoggedAndTheNextSweepsWork() {
        tenant.lane("timer", REQUIRED);
        var bad = dead("timer");
        var good = dead("timer");
        failing(bad.runId(), () -> {
            node.sweepByTimer();
            assertThat(tenant.run(good.runId()).path("state").asText()).isEqualTo("queued");
            assertThat(tenant.run(bad.runId()).path("state").asText()).isEqualTo("running");
            var succeeded = rows.count("select count(*) from reaper where last_success_at >= last_started_at");
            assertThat(succeeded)
                    .as("a row is no reason to call a sweep failed")
                    .isEqualTo(1);
        });
        assertThat(node.server().log()).contains("cannot move " + bad.runId());

        node.sweepByTimer();

        assertThat(tenant.run(bad.runId()).path("state").asText()).isEqualTo("queued");
    }

    @Test
    void C12_aPhaseThatBreaksStopsNoOtherNorTheTimer() {
        tenant.lane("phases", REQUIRED);
        var claim = dead("phases");
        var asleep = asleepUntilNow("phases");
        rows.execute("alter table api_keys rename column found_expired_at to nowhere");
        try {
            var sweep = tenant.sweep(Map.of());
            assertThat(sweep.path("phases").path("keys").path("failed").asInt()).isEqualTo(1);
            assertThat(sweep.path("failed").asInt()).isEqualTo(1);
            assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(2);
            assertThat(sweep.path("verdicts").findValuesAsText("runId"))
                    .containsExactlyInAnyOrder(claim.runId(), asleep);

            node.sweepByTimer();
            assertThat(rows.count("select count(*) from reaper where last_success_at >= last_started_at"))
                    .as("a sweep with a broken phase is no success")
                    .isZero();
        } finally {
            rows.execute("alter table api_keys rename column nowhere to found_expired_at");
        }
        node.sweepByTimer();
        assertThat(rows.count("select count(*) from reaper where last_success_at >= last_started_at"))
                .isEqualTo(1);
    }

    /** Two lanes that are behind give half of what a sweep may take each; then who has more is asked again. */
    @Test
    void allThatIsLongOverIsRemovedByOneSweepHoweverItIsSpread() {
        tenant.lane("quiet", Map.of("retention", "PT1H"));
        tenant.lane("busy", Map.of("retention", "PT1H"));
        tenant.lane("kept", Map.of("retention", "P2D"));
        rows.change("""
                insert into runs (tenant_id, id, lane, state, ended_at)
                select ?, gen_random_uuid(), case n when 1 then 'quiet' when 2 then 'kept' else 'busy' end, 'completed',
                       statement_timestamp() - interval 'P1D'
                from generate_series(1, 10502) n""", tenant.id());
        var retention = List.of("retention");

        var rehearsal = tenant.api()
                .unchecked() // each of its verdicts is of one kind
                .post("/api/v1/sweeps", Map.of("phases", retention, "dryRun", true))
                .expect(200)
                .json();
        var sweep = tenant.api()
                .unchecked()
                .post("/api/v1/sweeps", Map.of("phases", retention))
                .expect(200)
                .json();

        assertThat(rehearsal.path("cleanedUp").asInt()).isEqualTo(10_501);
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(10_501);
        assertThat(sweep.path("failed").asInt()).isZero();
        assertThat(rows.all("select lane from runs where tenant_id = ?", tenant.id()))
                .containsExactly(Map.of("lane", "kept"));
        rows.change("delete from runs where tenant_id = ?", tenant.id()); // nothing was told of it
    }

    /** The lane's retention, after which the first runs go, becomes one with which no instant can be told. */
    @Test
    void whatWasRemovedIsCountedThoughTheNextSearchBreaks() {
        tenant.lane("breaking", Map.of("retention", "PT1H"));
        rows.change("""
                insert into runs (tenant_id, id, lane, state, ended_at)
                select ?, gen_random_uuid(), 'breaking', 'completed', statement_timestamp() - interval 'P1D'
                from generate_series(1, 3)""", tenant.id());
        rows.execute("""
                create function unreadable() returns trigger language plpgsql as
                'begin update lanes set retention = ''300000 years'' where name = ''breaking''; return null; end'""");
        rows.execute("create trigger breaks after delete on runs for each statement execute function unreadable()");
        try {
            var sweep = tenant.sweep(Map.of("phases", List.of("retention")));

            assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(3);
            assertThat(sweep.path("failed").asInt()).isEqualTo(1);
            assertThat(sweep.path("verdicts")).hasSize(3);
        } finally {
            rows.execute("drop trigger breaks on runs");
            rows.execute("drop function unreadable");
            rows.change("delete from lanes where tenant_id = ?", tenant.id());
        }
    }

    @Test
    void C21_aDryRunSaysWhatASweepWouldDoAndWritesNothing() {
        tenant.lane("dry", REQUIRED);
        tenant.lane("dry-queue", Map.of("queueTimeout", "PT1M"));
        tenant.lane("dry-life", Map.of("runTimeout", "PT1M"));
        tenant.lane("dry-retention", Map.of("retention", "PT1M"));
        dead("dry");
        tenant.beating("dry");
        asleepUntilNow("dry");
        tenant.api().submit("dry-queue");
        tenant.claimed("dry-life");
        var idle = tenant.claimed("dry");
        tenant.api().complete(tenant.claimed("dry-retention")).expect(200);
        rows.change("""
                update runs set submitted_at = submitted_at - interval 'P1D', available_at = available_at - interval 'P1D',
                    ended_at = ended_at - interval 'P1D'
                where tenant_id = ? and lane <> 'dry'""", tenant.id());
        rows.change("update leases set key_expires_at = claimed_at where run_id = ?", id(idle));
        var before = tenant.everything();

        JsonNode rehearsal = null;
        for (int attempt = 0; attempt < 50 && rehearsal == null; attempt++) {
            var transaction = nextTransaction();
            var sweep = tenant.sweep(Map.of("dryRun", true));
            // Other databases of this PostgreSQL draw from the same numbers; a dry run that wrote would always draw
            // one.
            rehearsal = nextTransaction().equals(transaction) ? sweep : null;
        }

        assertThat(rehearsal).as("a dry run that took no transaction id").isNotNull();
        assertThat(tenant.everything()).isEqualTo(before);
        assertThat(rehearsal.path("dryRun").asBoolean()).isTrue();
        assertThat(rehearsal.path("cleanedUp").asInt()).isEqualTo(6);
        tenant.api().get("/api/v1/sweeps/" + rehearsal.path("sweepId").asText()).expect(404);
        var sweep = tenant.sweep(Map.of());
        assertThat(findings(rehearsal)).hasSize(6).containsExactlyInAnyOrderElementsOf(findings(sweep));
        assertThat(rehearsal.path("phases")).isEqualTo(sweep.path("phases"));
        var kept = tenant.api()
                .get("/api/v1/sweeps/" + sweep.path("sweepId").asText())
                .expect(200)
                .json();
        assertThat(kept.path("phases")).isEqualTo(sweep.path("phases"));
        assertThat(tenant.api().get("/api/v1/sweeps").expect(200).json().path("items"))
                .extracting(item -> item.path("sweepId"), item -> item.path("total"))
                .containsExactly(tuple(sweep.path("sweepId"), sweep.path("total")));
    }

    private List<String> findings(JsonNode sweep) {
        return sweep.path("verdicts")
                .valueStream()
                .map(verdict -> verdict.path("runId") + " " + verdict.path("phase") + " " + verdict.path("rule") + " "
                        + verdict.path("outcome"))
                .toList();
    }

    private String nextTransaction() {
        return rows.one("select cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as next")
                .get("next")
                .toString();
    }

    /** While it lasts, the database refuses to write this run's row. */
    private void failing(String run, Runnable meanwhile) {
        rows.execute("""
                create function refuse() returns trigger language plpgsql as $$ begin raise 'refused by a test'; end $$;
                create trigger refuse before update on runs for each row when (old.id = '%s') execute function refuse()""".formatted(run));
        try {
            meanwhile.run();
        } finally {
            rows.execute("drop trigger refuse on runs; drop function refuse()");
        }
    }

    private String asleepUntilNow(String lane) {
        var claim = tenant.claimed(lane);
        tenant.api()
                .asOwner(
                        claim,
                        "sleep",
                        Map.of("until", Instant.now().plusSeconds(3600).toString()))
                .expect(200);
        rows.change("update runs set available_at = statement_timestamp() where id = ?", id(claim));
        return claim.runId();
    }

    private Claimed dead(String lane) {
        return tenant.shifted(tenant.beating(lane), DEAD, DEAD.minusSeconds(1));
    }

    private static UUID id(Claimed claim) {
        return UUID.fromString(claim.runId());
    }
}
