package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A move and its event are one: when the event cannot be written, nothing has happened, and it can be asked for again. */
class RollbackIT {
    private static final String DOOMED = "b7-doomed";

    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api doomed = api.with("X-Correlation-Id", DOOMED);
    private final Rows rows = Rows.ofCluster();

    @BeforeAll
    static void refuseTheEventsOfDoomedCalls() {
        Cluster.node(1); // makes the tables
        Rows.ofCluster().execute("""
                create function refuse_event() returns trigger language plpgsql as
                $$ begin raise exception 'a secret of the table events'; end $$;
                create trigger refuse_event before insert on events for each row
                when (new.correlation_id = '%s') execute function refuse_event()""".formatted(DOOMED));
    }

    @AfterAll
    static void refuseNoMore() {
        Rows.ofCluster().execute("drop function refuse_event cascade");
        Rows.ofCluster().assertInvariants();
    }

    record Doom(Command command, Situation situation) {}

    static Stream<Doom> everyMoveThatCanBeAskedFor() {
        return Stream.of(
                new Doom(Command.CLAIM, Situation.QUEUED),
                new Doom(Command.HEARTBEAT, Situation.CLAIMED),
                new Doom(Command.REPORT, Situation.CLAIMED),
                new Doom(Command.COMPLETE, Situation.CLAIMED),
                new Doom(Command.COMPLETE, Situation.RUNNING),
                new Doom(Command.FAIL, Situation.RUNNING),
                new Doom(Command.RELEASE, Situation.RUNNING),
                new Doom(Command.SLEEP, Situation.RUNNING),
                new Doom(Command.ASK, Situation.RUNNING),
                new Doom(Command.APPROVE, Situation.AWAITING_APPROVAL),
                new Doom(Command.DENY, Situation.AWAITING_APPROVAL),
                new Doom(Command.CANCEL, Situation.QUEUED),
                new Doom(Command.CANCEL, Situation.RUNNING),
                new Doom(Command.CANCEL, Situation.AWAITING_APPROVAL),
                new Doom(Command.CANCEL, Situation.FAILED),
                new Doom(Command.PAUSE, Situation.QUEUED),
                new Doom(Command.PAUSE, Situation.RUNNING),
                new Doom(Command.RESUME, Situation.FAILED),
                new Doom(Command.RESUME, Situation.PAUSED),
                new Doom(Command.RESUME, Situation.STALE_RUNNING));
    }

    @ParameterizedTest
    @MethodSource("everyMoveThatCanBeAskedFor")
    void B7_aMoveWithoutItsEventDoesNotHappen(Doom doom) {
        var lane = Situation.newLane("b7");
        var owner = doom.situation.bring(api, rows, lane);
        var run = api.run(owner.runId());
        var before = rows.everythingOf(owner.runId());

        saysNoMoreThanThatItFailed(doom.command.ask(doomed, owner, lane));
        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);

        var expected = new Expectation(
                doom.command,
                doom.situation,
                run.path("version").asLong(),
                run.path("fence").asLong(),
                owner);
        assertThat(expected.isLegal()).isTrue();
        expected.check(
                doom.command.ask(api, owner, lane),
                api.run(owner.runId()),
                rows.all(
                        "select * from events where run_id = cast(? as uuid) and correlation_id <> ? order by seq offset ?",
                        owner.runId(),
                        DOOMED,
                        events(before)));
    }

    @Test
    void B7_whatIsDoneBesideRunsIsNotDoneWithoutItsEvent() {
        var tenant = Tenant.newOn(Cluster.node(1), rows);
        var mine = tenant.api().with("X-Correlation-Id", DOOMED);
        var lane = "/api/v1/lanes/b7";
        tenant.lane("b7", Map.of());
        var key = tenant.api()
                .post("/api/v1/keys", Map.of("name", "b7", "scopes", List.of("runs:read")))
                .expect(201)
                .json();
        var before = tenant.everything();
        var path = "/api/v1/tenants/" + tenant.id();

        Stream.of(
                        mine.post("/api/v1/keys", Map.of("name", "x", "scopes", List.of("runs:read"))),
                        mine.delete("/api/v1/keys/" + key.path("id").asText()),
                        mine.put(lane + "-other", Map.of()),
                        mine.with("If-Match", "\"1\"").put(lane, Map.of("maxInFlight", 1)),
                        mine.post(lane + "/pause", null),
                        mine.post("/api/v1/sweeps", Map.of()),
                        doomed.post(path + "/disable", null))
                .forEach(RollbackIT::saysNoMoreThanThatItFailed);
        doomed.post(path + "/enable", null).expect(200);

        assertThat(tenant.everything()).isEqualTo(before);
    }

    @Test
    void B7_aFailureForGoodWithoutItsEventDoesNotHappen() {
        var lane = Situation.newLane("b7");
        var owner = Situation.RUNNING.bring(api, rows, lane);
        var before = rows.everythingOf(owner.runId());
        var failure = Map.of("failure", Map.of("code", "no", "message", "No."), "retryable", false);

        saysNoMoreThanThatItFailed(doomed.asOwner(owner, "fail", failure));

        assertThat(rows.everythingOf(owner.runId())).isEqualTo(before);
        assertThat(api.asOwner(owner, "fail", failure)
                        .expect(200)
                        .json()
                        .path("failures")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void B7_aSubmissionWithoutItsEventDoesNotHappen() {
        var lane = Situation.newLane("b7-submit");
        var body = Map.of("lane", lane, "subject", "account-17");

        saysNoMoreThanThatItFailed(doomed.with("Idempotency-Key", lane).post("/api/v1/runs", body));
        saysNoMoreThanThatItFailed(
                doomed.post("/api/v1/runs/batch", Map.of("runs", List.of(body, Map.of("lane", lane)))));

        assertThat(rows.count("select count(*) from runs where lane = ?", lane)).isZero();
        assertThat(rows.count("select count(*) from lanes where name = ?", lane))
                .isZero();
        var submitted =
                api.with("Idempotency-Key", lane).post("/api/v1/runs", body).expect(201);
        var again = api.with("Idempotency-Key", lane).post("/api/v1/runs", body).expect(200);
        assertThat(again.json()).isEqualTo(submitted.json());
        assertThat(rows.count("select count(*) from runs where lane = ?", lane)).isEqualTo(1);
    }

    @Test
    void B7_aBatchIsWholeOrNothing() {
        var lane = Situation.newLane("b7-batch");
        var one = Situation.RUNNING.bring(api, rows, lane);
        var other = Situation.CLAIMED.bring(api, rows, lane);
        var before = List.of(rows.everythingOf(one.runId()), rows.everythingOf(other.runId()));
        var beats = Map.of("beats", List.of(item(one), item(other)));
        var ends = Map.of("items", List.of(item(one), item(other)));

        saysNoMoreThanThatItFailed(doomed.post("/api/v1/heartbeats", beats));
        saysNoMoreThanThatItFailed(doomed.post("/api/v1/completions", ends));

        assertThat(List.of(rows.everythingOf(one.runId()), rows.everythingOf(other.runId())))
                .isEqualTo(before);
        api.post("/api/v1/heartbeats", beats).expect(200);
        assertThat(states(api.post("/api/v1/completions", ends).expect(200).json()))
                .containsExactly("completed", "completed");
    }

    private static void saysNoMoreThanThatItFailed(Reply reply) {
        reply.expect(500, "internal_error");
        assertThat(reply.header("X-Correlation-Id")).isEqualTo(DOOMED);
        assertThat(reply.text())
                .doesNotContainIgnoringCase("secret")
                .doesNotContainIgnoringCase("insert")
                .doesNotContainIgnoringCase("sql")
                .doesNotContain("Exception")
                .doesNotContain("dev.holdfast");
    }

    private static Map<String, Object> item(Claimed owner) {
        return Map.of("runId", owner.runId(), "fence", owner.fence());
    }

    private static List<String> states(JsonNode reply) {
        return reply.path("items").findValuesAsText("state");
    }

    private static long events(List<String> everything) {
        return everything.stream().filter(row -> row.startsWith("[events ")).count();
    }
}
