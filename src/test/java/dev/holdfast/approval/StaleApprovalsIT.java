package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sweep for approvals that nobody has decided, asked for over HTTP. */
class StaleApprovalsIT {
    private static final Map<String, ?> APPROVALS = Map.of("phases", List.of("approvals"));

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final Api api = tenant.api();

    @AfterEach
    void whatIsStoredHolds() {
        node.startClock();
        rows.assertInvariants();
    }

    @Test
    void G1_onlyWhatIsSuspendedAndStaleIsEnded() {
        var stale = waiting("g1", 1);
        waitedFor(stale, 31);
        var untouched = new ArrayList<>(waiting("g1", 1)); // fresh
        untouched.add(tenant.beating("g1-running").runId());
        var completed = tenant.claimed("g1-completed");
        api.complete(completed).expect(200);
        untouched.add(completed.runId());
        var failed = tenant.claimed("g1-failed");
        api.asOwner(failed, "fail", Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false))
                .expect(200);
        untouched.add(failed.runId());
        var approved = waiting("g1-approved", 1).get(0);
        api.decide(api.pendingOf(approved).path("id").asText(), true).expect(200);
        untouched.add(approved);
        waitedFor(untouched.subList(1, untouched.size()), 100);
        var before = untouched.stream().map(rows::everythingOf).toList();

        var sweep = tenant.sweep(Map.of());

        assertThat(sweep.path("verdicts").findValuesAsText("runId")).containsExactlyElementsOf(stale);
        assertThat(sweep.at("/phases/approvals/cleanedUp").asInt()).isEqualTo(1);
        assertThat(untouched.stream().map(rows::everythingOf)).isEqualTo(before);
        assertThat(tenant.run(stale.get(0)).at("/failure/code").asText()).isEqualTo("approval_timeout");
    }

    @Test
    void G2_theBoundaryIsInclusive() {
        var byDeadline = waiting("g2", 1).get(0);
        var deadline = Instant.parse(api.pendingOf(byDeadline).path("deadline").asText());
        node.stopClockAt(deadline.minusMillis(1));
        assertThat(tenant.sweep(APPROVALS).path("total").asInt()).isZero();
        node.stopClockAt(deadline);
        assertThat(tenant.sweep(APPROVALS).path("cleanedUp").asInt()).isEqualTo(1);
        node.startClock();

        var byAge = waiting("g2", 1).get(0);
        var asked = Instant.parse(api.pendingOf(byAge).path("requestedAt").asText());
        node.stopClockAt(asked.plusSeconds(60).minusMillis(1));
        assertThat(tenant.sweep(Map.of("timeoutMinutes", 1)).path("total").asInt())
                .isZero();
        node.stopClockAt(asked.plusSeconds(60));
        assertThat(tenant.sweep(Map.of("timeoutMinutes", 1)).path("cleanedUp").asInt())
                .isEqualTo(1);
    }

    @Test
    void G2_theAgeThatIsAskedForCountsWhateverTheDeadline() {
        var patient = waiting("g2-patient", 1, Map.of("timeout", "P1D")).get(0);
        waitedFor(List.of(patient), 0);
        rows.change(
                "update approvals set requested_at = requested_at - interval 'PT45M' where run_id = ?",
                UUID.fromString(patient));
        assertThat(tenant.sweep(Map.of()).path("total").asInt()).isZero();

        var sweep = tenant.sweep(Map.of("timeoutMinutes", 45));

        assertThat(sweep.path("phases").properties().stream().map(Map.Entry::getKey))
                .containsExactly("approvals");
        assertThat(sweep.at("/verdicts/0/evidence/askedFor").asText()).isEqualTo("PT2700S");
    }

    @Test
    void G3_withoutAWordItIsThirtyMinutesAndAHundred() {
        var young = waiting("g3", 1);
        waitedFor(young, 29);
        var stale = waiting("g3", 101);
        waitedFor(stale, 30);

        for (var body : new Object[] {Map.of(), null}) {
            var sweep = api.post("/api/v1/sweeps", body).expect(200).json();
            assertThat(sweep.at("/phases/approvals/cleanedUp").asInt()).isEqualTo(body == null ? 1 : 100);
            assertThat(sweep.path("verdicts").findValuesAsText("runId")).isSubsetOf(stale);
        }
        assertThat(tenant.run(young.get(0)).path("state").asText()).isEqualTo("suspended");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"limit\":0}",
                "{\"limit\":-1}",
                "{\"limit\":1001}",
                "{\"limit\":1.5}",
                "{\"limit\":\"x\"}",
                "{\"timeoutMinutes\":0}",
                "{\"timeoutMinutes\":-5}",
                "{\"timeoutMinutes\":1.5}",
                "{\"timeoutMinutes\":\"30\"}",
                "{\"timeoutMinutes\":525601}",
                "{\"timeout\":30}"
            })
    void G3_senselessValuesAre400AndChangeNothing(String body) {
        waitedFor(waiting("g3-bad", 1), 31);
        var before = tenant.everything();

        var problem = api.post("/api/v1/sweeps", body).expect(400, "invalid_request");

        assertThat(body).contains(problem.json().at("/violations/0/field").asText());
        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void G4_theHundredOldestThenTheRestThenNothingInTheSameShape() {
        var stale = waiting("g4", 150);
        waitedFor(stale, 60);

        var first = tenant.sweep(Map.of("limit", 100));
        var second = tenant.sweep(Map.of("limit", 100));
        var third = tenant.sweep(Map.of("limit", 100));

        assertThat(first.path("verdicts").findValuesAsText("runId"))
                .containsExactlyInAnyOrderElementsOf(stale.subList(0, 100));
        assertThat(second.path("verdicts").findValuesAsText("runId"))
                .containsExactlyInAnyOrderElementsOf(stale.subList(100, 150));
        assertCounts(first, 100, 0);
        assertCounts(second, 50, 0);
        assertCounts(third, 0, 0);
        assertThat(members(third)).isEqualTo(members(first));
        assertThat(third.path("phases").toString()).isEqualTo("{\"approvals\":{\"cleanedUp\":0,\"failed\":0}}");
    }

    @Test
    void G5_aRowThatFailsIsCountedAndStopsNoOther() {
        var stale = waiting("g5", 7);
        waitedFor(stale, 31);
        var bad = stale.get(3);
        var before = rows.everythingOf(bad);
        for (var table : List.of("runs", "approvals")) {
            rows.execute("""
                    create function refuse() returns trigger language plpgsql as $$ begin raise 'refused by a test'; end $$;
                    create trigger refuse before update on %s for each row
                    when (old.%s = '%s') execute function refuse()""".formatted(table, table.equals("runs") ? "id" : "run_id", bad));
            try {
                assertCounts(tenant.sweep(APPROVALS), table.equals("runs") ? 6 : 0, 1);
                assertThat(rows.everythingOf(bad)).isEqualTo(before);
            } finally {
                rows.execute("drop trigger refuse on " + table + "; drop function refuse()");
            }
        }
        assertCounts(tenant.sweep(APPROVALS), 1, 0);
    }

    @Test
    void G6_twentyAtOnceEndEachOnceAndLeaveNothing() {
        for (int round = 0; round < 3; round++) {
            var stale = waiting("g6-" + round, 90);
            waitedFor(stale, 31);

            var sweeps = Api.inParallel(
                    20, i -> api.post("/api/v1/sweeps", APPROVALS).expect(200).json());

            assertThat(sweeps.stream()
                            .mapToInt(sweep -> sweep.path("cleanedUp").asInt())
                            .sum())
                    .isEqualTo(90);
            assertThat(sweeps).allMatch(sweep -> sweep.path("failed").asInt() == 0);
            assertThat(sweeps.stream().flatMap(sweep -> sweep.path("verdicts").findValuesAsText("runId").stream()))
                    .containsExactlyInAnyOrderElementsOf(stale);
            assertThat(rows.count(
                            "select count(*) from events where tenant_id = ? and type = 'approval_expired'",
                            tenant.id()))
                    .isEqualTo(90L * (round + 1));
            assertCounts(tenant.sweep(APPROVALS), 0, 0);
        }
    }

    @Test
    void G7_aTenantSweepsItsOwnAndTheSystemAll() {
        var mine = waiting("g7", 2);
        waitedFor(mine, 31);
        var other = node.newTenant();
        var theirs = other.api()
                .submit("g7", Map.of("approval", Api.QUESTION))
                .path("id")
                .asText();
        waitedFor(List.of(theirs), 31);
        var before = other.everything();

        var forged = api.with("X-Tenant", other.id().toString())
                .with("X-Tenant-Id", other.id().toString())
                .with("X-Forwarded-User", "system")
                .post("/api/v1/sweeps", APPROVALS)
                .expect(200)
                .json();
        assertCounts(forged, 2, 0);
        for (var member : List.of("tenant", "tenantId", "tenants")) {
            api.post("/api/v1/sweeps", Map.of(member, other.id().toString())).expect(400, "invalid_request");
        }
        assertThat(other.everything()).isEqualTo(before);

        var all = node.administrator()
                .post("/api/v1/sweeps", APPROVALS)
                .expect(200)
                .json();
        assertThat(all.path("verdicts").findValuesAsText("runId")).contains(theirs);
        assertThat(other.run(theirs).path("state").asText()).isEqualTo("failed");
    }

    @Test
    void G8_withoutTheRightKeyNothingHappensAndReadingNeverChangesAnything() {
        waitedFor(waiting("g8", 1), 31);
        var approver = api.post(
                        "/api/v1/keys", Map.of("name", "approver", "scopes", List.of("approvals:decide", "runs:read")))
                .expect(201)
                .json()
                .path("key")
                .asText();
        var owner = tenant.claimed("g8-run");
        var before = tenant.everything();

        api.withoutKey().post("/api/v1/sweeps", Map.of()).expect(401, "key_missing");
        api.withKey("hft_malformed").post("/api/v1/sweeps", Map.of()).expect(401, "key_malformed");
        api.withKey("a-key-that-nobody-was-ever-given-at-all")
                .post("/api/v1/sweeps", Map.of())
                .expect(401, "key_unknown");
        api.withKey(approver).post("/api/v1/sweeps", Map.of()).expect(403, "forbidden");
        api.withKey(owner.runKey()).post("/api/v1/sweeps", Map.of()).expect(403, "forbidden");
        api.get("/api/v1/sweeps").expect(200);
        api.get("/api/v1/approvals").expect(200);
        api.withKey(approver).get("/api/v1/approvals?limit=1").expect(200);
        api.unchecked().get("/api/v1/sweeps?timeoutMinutes=1").expect(400);
        assertThat(tenant.sweep(Map.of("phases", List.of("approvals"), "dryRun", true))
                        .path("cleanedUp")
                        .asInt())
                .isEqualTo(1);

        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void G9_tenThousandOfOneTenantDoNotDelayTheOneOfAnother() {
        many("g9", 10_000);
        var other = node.newTenant();
        var theirs = other.api()
                .submit("g9", Map.of("approval", Api.QUESTION))
                .path("id")
                .asText();
        waitedFor(List.of(theirs), 31); // younger than all of the ten thousand

        var sweep = node.administrator()
                .unchecked()
                .post("/api/v1/sweeps", Map.of("limit", 50))
                .expect(200)
                .json();

        assertThat(sweep.path("verdicts").findValuesAsText("runId")).contains(theirs);
        var rest = node.administrator().unchecked().post("/api/v1/sweeps", Map.of("limit", 1000));
        assertThat(rest.expect(200).json().path("cleanedUp").asInt()).isEqualTo(1000);
        // The timer's has no limit but that of all phases.
        node.sweepByTimer();
        assertThat(rows.count("select count(*) from approvals where tenant_id = ? and status = 'pending'", tenant.id()))
                .isZero();
    }

    private static void assertCounts(JsonNode sweep, int cleanedUp, int failed) {
        assertThat(sweep.path("cleanedUp").asInt()).isEqualTo(cleanedUp);
        assertThat(sweep.path("failed").asInt()).isEqualTo(failed);
        assertThat(sweep.path("total").asInt()).isEqualTo(cleanedUp + failed);
    }

    private static String members(JsonNode sweep) {
        return sweep.properties().stream().map(Map.Entry::getKey).collect(Collectors.joining(","));
    }

    private List<String> waiting(String lane, int number) {
        return waiting(lane, number, Map.of());
    }

    /** So many runs of this lane that wait for people, the oldest first. */
    private List<String> waiting(String lane, int number, Map<String, ?> members) {
        var question = new java.util.LinkedHashMap<String, Object>(Api.QUESTION);
        question.putAll(members);
        var drafts = IntStream.range(0, number)
                .mapToObj(i -> Map.of("lane", lane, "approval", question))
                .toList();
        var runs = api.post("/api/v1/runs/batch", Map.of("runs", drafts))
                .expect(200)
                .json()
                .findValuesAsText("id");
        for (int i = 0; i < number; i++) { // asked all at once, so made to have been asked one after the other
            rows.change("""
                    update approvals set requested_at = requested_at - cast(? as interval), deadline = deadline - cast(? as interval)
                    where run_id = cast(? as uuid)""", "PT0.%03dS".formatted(number - i), "PT0.%03dS".formatted(number - i), runs.get(i));
        }
        return runs;
    }

    /** Makes it so that they have waited so long. */
    private void waitedFor(List<String> runs, int minutes) {
        for (var run : runs) {
            rows.change("""
                    update approvals set requested_at = requested_at - cast(? as interval), deadline = deadline - cast(? as interval)
                    where run_id = cast(? as uuid)""", "PT" + minutes + "M", "PT" + minutes + "M", run);
        }
    }

    /** Made of rows, an hour too old. */
    private void many(String lane, int number) {
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, waiting_for, submitted_at, available_at)
                    select ?, gen_random_uuid(), ?, 'suspended', 'approval', at, at
                    from generate_series(1, ?) n
                    cross join lateral (select statement_timestamp() - interval 'PT2H' + n * interval 'PT0.001S' as at) t
                    returning *
                ), asked as (
                    insert into approvals (tenant_id, id, run_id, lane, slot, action, title, args, args_digest, deadline,
                                           asked_with, requested_at)
                    select tenant_id, gen_random_uuid(), id, lane, 's', 'a', 't', 'null', sha256('null'),
                           submitted_at + interval 'PT30M', '{}', submitted_at
                    from made
                )
                insert into events (tenant_id, run_id, seq, type, actor_kind, to_state, fence)
                select tenant_id, id, 1, 'submitted', 'producer', 'suspended', 0 from made""", tenant.id(), lane, number);
    }
}
