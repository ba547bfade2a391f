package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Submitting: one run for a subject, one for an idempotency key, and batches. */
class SubmitIT {
    private static final String RUNS = "/api/v1/runs";

    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void A4_aSubjectHasOneActiveRunInALaneAndTheRefusalNamesIt() {
        var first = one.submit("subject", Map.of("subject", "account-1"));

        var second = two.post(RUNS, Map.of("lane", "subject", "subject", "account-1"));
        assertThat(second.expect(409, "subject_active").json().path("activeRunId"))
                .isEqualTo(first.path("id"));

        one.submit("subject", Map.of("subject", "account-2"));
        one.submit("subject-of-another-lane", Map.of("subject", "account-1"));
        assertThat(runsIn("subject")).isEqualTo(2);
    }

    @Test
    void A4_theSubjectIsTakenThroughoutTheActiveStatesAndFreeAfterEachEnd() {
        var about = Map.of("subject", "account-1");
        one.submit("subject-freed", about);
        var claim = one.claimOne("worker", "subject-freed");
        assertTaken("subject-freed");
        one.beat(claim).expect(200);
        assertTaken("subject-freed");
        one.asOwner(
                claim,
                "sleep",
                Map.of("until", Instant.now().plus(Duration.ofDays(1)).toString()));
        assertTaken("subject-freed");
        one.post(RUNS + "/" + claim.runId() + "/cancel", null).expect(200);

        one.submit("subject-freed", about);
        one.complete(one.claimOne("worker", "subject-freed")).expect(200);

        one.submit("subject-freed", about);
        var failing = one.claimOne("worker", "subject-freed");
        one.asOwner(
                        failing,
                        "fail",
                        Map.of("failure", Map.of("code", "broken", "message", "for good"), "retryable", false))
                .expect(200);

        one.submit("subject-freed", about);
        assertTaken("subject-freed");
    }

    @Test
    void A4_inParallelOnTwoNodesOneSubmitWinsAndTheOthersNameIt() {
        for (int round = 0; round < 5; round++) {
            var about = Map.of("lane", "subject-race", "subject", "account-" + round);
            var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two).post(RUNS, about));

            var made = withStatus(replies, 201);
            var refused = withStatus(replies, 409);
            assertThat(made).hasSize(1);
            assertThat(refused).hasSize(19);
            assertThat(refused).allSatisfy(reply -> assertThat(reply.json().path("activeRunId"))
                    .isEqualTo(made.get(0).json().path("id")));
            assertThat(runsIn("subject-race")).isEqualTo(round + 1);
        }
    }

    @Test
    void A4_theDatabaseItselfKeepsASubjectSingle() {
        one.submit("subject-index", Map.of("subject", "account-1"));
        assertThatThrownBy(() -> rows.change("""
                        insert into runs (tenant_id, id, lane, state, subject)
                        select tenant_id, gen_random_uuid(), lane, 'queued', subject from runs where lane = 'subject-index'""")).hasStackTraceContaining("run_subject_once");
        assertThat(rows.one("select indexdef from pg_indexes where indexname = 'run_subject_once'")
                        .get("indexdef")
                        .toString())
                .startsWith("CREATE UNIQUE INDEX")
                .contains("WHERE");
    }

    @Test
    void A5_twentyParallelSubmitsWithOneIdempotencyKeyMakeOneRun() {
        for (int round = 0; round < 5; round++) {
            var key = "order-" + round;
            var body = Map.of("lane", "idempotent-race", "input", Map.of("order", round), "subject", key);
            var replies = Api.inParallel(
                    20,
                    i -> (i % 2 == 0 ? one : two).with("Idempotency-Key", key).post(RUNS, body));

            assertThat(withStatus(replies, 201)).hasSize(1);
            assertThat(withStatus(replies, 200)).hasSize(19);
            assertThat(replies)
                    .extracting(reply -> reply.json().path("id"))
                    .containsOnly(replies.get(0).json().path("id"));
            assertThat(rows.count("select count(*) from runs where idempotency_key = ?", key))
                    .isEqualTo(1);
        }
    }

    @Test
    void A5_theSameKeyWithAnotherBodyIsRefusedAndSubmitsNothing() {
        var keyed = one.with("Idempotency-Key", "reused");
        keyed.post(RUNS, Map.of("lane", "idempotent", "priority", 1)).expect(201);

        keyed.post(RUNS, Map.of("lane", "idempotent", "priority", 2)).expect(422, "idempotency_key_reused");
        keyed.post(RUNS, Map.of("lane", "idempotent")).expect(422, "idempotency_key_reused");
        keyed.post(RUNS, Map.of("lane", "idempotent", "priority", 1, "input", Map.of()))
                .expect(422, "idempotency_key_reused");

        assertThat(runsIn("idempotent")).isEqualTo(1);
    }

    @Test
    void A5_aRepeatIsKnownWhateverCharactersItsPayloadHas() {
        var keyed = one.with("Idempotency-Key", "with-a-nul");
        var body = "{\"lane\":\"idempotent-nul\",\"input\":{\"\\u0000\":\"a\\u0000b\",\"\\ufffe\":[\"\\u2028\"]}}";
        var run = keyed.post(RUNS, body).expect(201).json();
        assertThat(keyed.post(RUNS, body).expect(200).json()).isEqualTo(run);
    }

    @Test
    void A5_inParallelWithTwentyBodiesOneIsSubmittedAndTheOthersAreRefused() {
        var replies = Api.inParallel(20, i -> (i % 2 == 0 ? one : two)
                .with("Idempotency-Key", "twenty-bodies")
                .post(RUNS, Map.of("lane", "idempotent-bodies", "input", i)));

        assertThat(withStatus(replies, 201)).hasSize(1);
        assertThat(withStatus(replies, 422)).hasSize(19);
        assertThat(runsIn("idempotent-bodies")).isEqualTo(1);
    }

    @Test
    void A5_aRepeatMayBeWrittenOtherwiseAndShowsTheRunAsItNowIs() {
        var keyed = one.with("Idempotency-Key", "repeated");
        var first = keyed.post(
                RUNS, "{\"lane\": \"idempotent-repeat\", \"subject\": \"s\", \"input\": {\"a\": 1, \"b\": [1.0]}}");
        first.expect(201);
        var claim = one.claimOne("worker", "idempotent-repeat");

        var again = two.with("Idempotency-Key", "repeated")
                .post(RUNS, "{\"input\":{\"b\":[1.0],\"a\":1},\"subject\":\"s\",\"lane\":\"idempotent-repeat\"}")
                .expect(200);
        assertThat(again.json().path("id").asText()).isEqualTo(claim.runId());
        assertThat(again.json().path("state").asText()).isEqualTo("claimed");

        one.complete(claim).expect(200);
        var ended = keyed.post(
                        RUNS,
                        "{\"lane\": \"idempotent-repeat\", \"subject\": \"s\", \"input\": {\"a\": 1, \"b\": [1.0]}}")
                .expect(200);
        assertThat(ended.json().path("state").asText())
                .as("ended, yet it is not submitted anew")
                .isEqualTo("completed");
        assertThat(runsIn("idempotent-repeat")).isEqualTo(1);
    }

    @Test
    void A5_aRefusedSubmitDoesNotUseUpItsKey() {
        one.submit("idempotent-refused", Map.of("subject", "s"));
        var keyed = one.with("Idempotency-Key", "refused-first");
        var body = Map.of("lane", "idempotent-refused", "subject", "s");
        keyed.post(RUNS, body).expect(409, "subject_active");

        one.complete(one.claimOne("worker", "idempotent-refused")).expect(200);

        keyed.post(RUNS, body).expect(201);
    }

    @Test
    void A9_aBatchOfAThousandWithThreeBadItemsMakesTheOthersAndNamesTheBad() {
        var items = new ArrayList<Map<String, Object>>();
        IntStream.range(0, 1000).forEach(i -> items.add(new HashMap<>(Map.of("lane", "batch", "input", i))));
        items.get(0).put("priority", 101);
        items.get(500).put("colour", "red");
        items.get(999).remove("lane");

        var outcomes = one.post(RUNS + "/batch", Map.of("runs", items))
                .expect(200)
                .json()
                .path("items");

        assertThat(outcomes).hasSize(1000);
        var bad = new HashMap<Integer, String>();
        for (int i = 0; i < 1000; i++) {
            var outcome = outcomes.get(i);
            assertThat(outcome.path("index").asInt()).isEqualTo(i);
            if (outcome.has("problem")) {
                bad.put(i, firstViolation(outcome.path("problem")));
            } else {
                assertThat(outcome.path("run").path("input").asInt()).isEqualTo(i);
            }
        }
        assertThat(bad).isEqualTo(Map.of(0, "priority", 500, "colour", 999, "lane"));
        assertThat(rows.count("select count(*) from runs where lane = 'batch' and state = 'queued'"))
                .isEqualTo(997);
        assertThat(rows.count("select count(distinct (input)::text) from runs where lane = 'batch'"))
                .isEqualTo(997);
    }

    @Test
    void A9_itemsOfABatchThatMeetEachOtherOrNameNobodyAreTheirOwnProblems() {
        var taken = one.submit("batch-subjects", Map.of("subject", "taken"));
        var outcomes = one.post(
                        RUNS + "/batch",
                        Map.of(
                                "runs",
                                List.of(
                                        Map.of("lane", "batch-subjects", "subject", "taken"),
                                        Map.of("lane", "batch-subjects", "subject", "twin"),
                                        Map.of("lane", "batch-subjects", "subject", "twin"),
                                        Map.of(
                                                "lane",
                                                "batch-subjects",
                                                "parentRunId",
                                                "01978c2e-5b7a-7c3e-9a41-3f6d2b8e1c55"),
                                        Map.of("lane", "batch-subjects", "parentRunId", taken.path("id")))))
                .expect(200)
                .json()
                .path("items");

        assertThat(outcomes.get(0).path("problem").path("activeRunId")).isEqualTo(taken.path("id"));
        assertThat(outcomes.get(2).path("problem").path("activeRunId"))
                .isEqualTo(outcomes.get(1).path("run").path("id"));
        assertThat(firstViolation(outcomes.get(3).path("problem"))).isEqualTo("parentRunId");
        assertThat(outcomes.get(4).path("run").path("parentRunId")).isEqualTo(taken.path("id"));
        assertThat(runsIn("batch-subjects")).isEqualTo(3);
    }

    private void assertTaken(String lane) {
        two.post(RUNS, Map.of("lane", lane, "subject", "account-1")).expect(409, "subject_active");
    }

    private static String firstViolation(JsonNode problem) {
        return problem.path("violations").path(0).path("field").asText();
    }

    private static List<Reply> withStatus(List<Reply> replies, int status) {
        return replies.stream().filter(reply -> reply.status() == status).toList();
    }

    private long runsIn(String lane) {
        return rows.count("select count(*) from runs where lane = ?", lane);
    }
}
