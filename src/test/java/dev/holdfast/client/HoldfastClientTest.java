package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.client.StandIn.Reply;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldfastClientTest {
    private static final String RUN =
            "{'id':'r1','lane':'l','state':'completed','result':{'x':0.10},'labels':{'a':'b'},"
                    + "'submittedAt':'2026-01-01T00:00:00.123456Z','version':4,'fence':2,'newMember':[1]}";
    private final StandIn holdfast = new StandIn();
    private final HoldfastClient client = holdfast.client();

    @AfterEach
    void stop() {
        holdfast.close();
    }

    @Test
    void readsARunAndPassesOverWhatItDoesNotKnow() {
        holdfast.on("/runs/r1", Reply.ok(RUN));

        Run run = client.get("r1");

        assertThat(run.isTerminal()).isTrue();
        assertThat(run.result().path("x").decimalValue()).isEqualByComparingTo("0.1");
        assertThat(run.submittedAt()).isEqualTo(Instant.parse("2026-01-01T00:00:00.123456Z"));
        assertThat(run.failure()).isNull();
        assertThat(holdfast.asked("/runs/r1").get(0).key()).isEqualTo(StandIn.WORKER_KEY);
    }

    @Test
    void saysOnlyWhatWasSaidOfASubmission() {
        holdfast.on("/runs", Reply.ok(RUN));

        client.submit(Submission.to("l")
                .type("jar")
                .label("a", "b")
                .label("c", "d")
                .delay(Duration.ofMinutes(2))
                .input(Map.of("n", 1)));

        assertThat(holdfast.asked("/runs").get(0).body())
                .hasToString(
                        "{\"lane\":\"l\",\"type\":\"jar\",\"labels\":{\"a\":\"b\",\"c\":\"d\"},\"delay\":\"PT2M\",\"input\":{\"n\":1}}");
    }

    @Test
    void listsPageByPage() {
        holdfast.on(
                "/runs",
                request -> Reply.ok(
                        request.query().contains("cursor=n%2F1")
                                ? "{'items':[{'id':'r2'}]}"
                                : "{'items':[{'id':'r1'}],'nextCursor':'n/1'}"));
        List<String> ids = new ArrayList<>();

        client.forEach(RunQuery.all().lane("l x").label("k", "v:w"), run -> ids.add(run.id()));

        assertThat(ids).containsExactly("r1", "r2");
        assertThat(holdfast.asked("/runs").get(0).query()).isEqualTo("lane=l%20x&label=k%3Av%3Aw");
    }

    @Test
    void tellsGoodFromBadInABatch() {
        holdfast.on(
                "/runs/batch",
                Reply.ok(
                        "{'items':[{'index':0,'run':{'id':'r1'}},{'index':1,'problem':{'status':409,'code':'subject_active','activeRunId':'r0'}}]}"));

        List<Submitted> outcomes = client.submitAll(List.of(Submission.to("l"), Submission.to("l")));

        assertThat(outcomes.get(0).run().id()).isEqualTo("r1");
        assertThat(outcomes.get(1).problem().member("activeRunId").asText()).isEqualTo("r0");
    }

    @Test
    void explainsARefusal() {
        holdfast.on("/runs/r1", Reply.problem(404, "not_found"));

        Problem problem = catchThrowableOfType(Problem.class, () -> client.get("r1"));

        assertThat(problem).hasMessage("404 not_found: so it is");
        assertThat(problem.member("mine").asInt()).isEqualTo(7);
        assertThat(problem.isPassing()).isFalse();
    }

    @Test
    void survivesAProxysPage() {
        holdfast.on("/runs/r1", new Reply(404, "<html>", null));

        assertThatThrownBy(() -> client.get("r1")).isInstanceOf(Problem.class).hasMessage("404 http_404");
    }

    @Test
    void repeatsAReadWhileHoldfastIsAway() {
        holdfast.on("/runs/r1", Reply.problem(503, "away"), Reply.none(), Reply.ok(RUN));

        assertThat(client.get("r1").id()).isEqualTo("r1");
        assertThat(holdfast.asked("/runs/r1")).hasSize(3);
    }

    @Test
    void waitsAsLongAsHoldfastAsks() {
        holdfast.on("/runs/r1", Reply.problem(503, "away").after("1"), Reply.ok(RUN));
        long start = System.nanoTime();

        client.get("r1");

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void losesPatienceRatherThanWaitBeyondIt() {
        holdfast.on("/runs/r1", Reply.problem(503, "away").after("60"));

        assertThatThrownBy(() -> client.get("r1")).isInstanceOf(Problem.class);
        assertThat(holdfast.asked("/runs/r1")).hasSize(1);
    }

    @Test
    void repeatsASubmitWithOneIdempotencyKeyWhetherTheCallerHasOneOrNot() {
        holdfast.on("/runs", Reply.problem(503, "away"), Reply.none(), Reply.ok(RUN));

        client.submit(Submission.to("l"));
        client.submit(Submission.to("l"), "mine");
        client.submit(Submission.to("l"));

        List<String> keys = holdfast.asked("/runs").stream()
                .map(StandIn.Request::idempotencyKey)
                .toList();
        assertThat(keys).hasSize(5).doesNotContainNull();
        assertThat(keys.subList(0, 3)).as("one submission").containsOnly(keys.get(0));
        assertThat(keys.get(3)).isEqualTo("mine");
        assertThat(keys.get(4)).as("another").isNotEqualTo(keys.get(0));
    }

    @Test
    void neverRepeatsAClaimThatMayHaveBeenOne() {
        holdfast.on("/claims", Reply.problem(503, "away"));

        assertThatThrownBy(() -> client.claim("w", List.of("l"), 1, Duration.ZERO))
                .isInstanceOf(Problem.class);
        holdfast.on("/claims", Reply.none());
        assertThatThrownBy(() -> client.claim("w", List.of("l"), 1, Duration.ZERO))
                .isInstanceOf(Unreachable.class);
        assertThat(holdfast.asked("/claims")).hasSize(2);
    }

    @Test
    void repeatsWhatWasRefusedAsTooMuchAndSoHadNoEffect() {
        holdfast.on("/claims", Reply.problem(429, "rate_limited"), Reply.ok("{'claims':[]}"));

        assertThat(client.claim("w", List.of("l"), 1, Duration.ZERO)).isEmpty();
        assertThat(holdfast.asked("/claims")).hasSize(2);
    }

    @Test
    void goesToAnotherNodeWhenOneDoesNotAnswerAndStaysThere() {
        try (StandIn gone = new StandIn();
                StandIn other = new StandIn()) {
            gone.close();
            holdfast.on("/runs/r1", Reply.problem(503, "draining").after("60"));
            other.on("/runs/r1", Reply.ok(RUN)).queue("r1");
            HoldfastClient client = HoldfastClient.of(
                    List.of(gone.address(), holdfast.address(), other.address()), StandIn.WORKER_KEY, StandIn.QUICK);

            assertThat(client.get("r1").id()).isEqualTo("r1");
            assertThat(client.get("r1").id()).isEqualTo("r1");

            assertThat(holdfast.asked("/runs/r1")).hasSize(1);
            assertThat(other.asked("/runs/r1")).hasSize(2);
        }
    }

    /** What never left this machine was no claim. */
    @Test
    void claimsAtAnotherNodeWhenOneCannotBeReached() {
        try (StandIn gone = new StandIn()) {
            gone.close();
            holdfast.queue("r1");
            HoldfastClient client =
                    HoldfastClient.of(List.of(gone.address(), holdfast.address()), StandIn.WORKER_KEY, StandIn.QUICK);

            assertThat(client.claim("w", List.of("l"), 1, Duration.ofSeconds(5)))
                    .hasSize(1);
        }
    }

    @Test
    void callsWithoutBlockingAreRepeatedAndRefusedLikeTheOthers() throws Exception {
        holdfast.on("/runs/r1", Reply.problem(503, "away"), Reply.none(), Reply.ok(RUN));
        holdfast.on("/cancel", Reply.problem(409, "illegal_move"));

        assertThat(client.async().get("r1").get(20, TimeUnit.SECONDS).id()).isEqualTo("r1");
        assertThat(client.async().cancel("r1", "no"))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(Problem.class);
        assertThat(holdfast.asked("/runs/r1")).hasSize(3);
        assertThat(holdfast.asked("/cancel")).hasSize(1);
    }

    @Test
    void anOwnersCallsWithoutBlockingKnowWhoseKeyIsDead() throws Exception {
        holdfast.on(
                "/complete",
                request -> request.key().equals(StandIn.RUN_KEY)
                        ? Reply.problem(401, "key_revoked")
                        : Reply.ok("{'id':'r1','state':'completed','replayed':true}"));

        assertThat(owned().completeAsync(null, null).get(20, TimeUnit.SECONDS).replayed())
                .isTrue();
        assertThat(owned().heartbeatAsync(null, null).get(20, TimeUnit.SECONDS).goOn())
                .isTrue();
        assertThat(owned().releaseAsync().get(20, TimeUnit.SECONDS).state()).isEqualTo("queued");
    }

    @Test
    void takesNodesAndKeyFromTheEnvironment(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("key"), " hft_abc \n");

        Surroundings said =
                new Surroundings(Map.of("HOLDFAST_URL", "http://a:1, http://b:2/", "HOLDFAST_KEY_FILE", "" + file));

        assertThat(said.nodes()).containsExactly(URI.create("http://a:1"), URI.create("http://b:2/"));
        assertThat(said.key()).isEqualTo("hft_abc");
        assertThat(said.client()).hasToString("HoldfastClient[http://a:1/api/v1, http://b:2/api/v1]");
        assertThatThrownBy(() -> new Surroundings(Map.of("HOLDFAST_KEY_FILE", directory + "/none")).key())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HOLDFAST_KEY is not set");
    }

    @Test
    void saysThatNobodyAnswers() {
        holdfast.close();

        assertThatThrownBy(() -> client.withPatience(Duration.ZERO).get("r1"))
                .isInstanceOf(Unreachable.class)
                .hasMessageContaining(holdfast.address().toString());
    }

    @Test
    void claimsAndActsAsOwnerWithTheRunsKey() {
        ClaimedRun owned = owned();

        assertThat(owned.heartbeat(null, null).goOn()).isTrue();
        owned.complete(Json.object().put("ok", true), null);

        StandIn.Request complete = holdfast.asked("/runs/r1/complete").get(0);
        assertThat(complete.key()).isEqualTo(StandIn.RUN_KEY);
        assertThat(complete.body()).hasToString("{\"fence\":3,\"result\":{\"ok\":true}}");
    }

    @Test
    void learnsWithItsOwnKeyThatALostCompleteHadLanded() {
        holdfast.on(
                "/complete",
                request -> request.key().equals(StandIn.RUN_KEY)
                        ? Reply.problem(401, "key_revoked")
                        : Reply.ok("{'id':'r1','state':'completed','replayed':true}"));

        assertThat(owned().complete(null, null).replayed()).isTrue();
    }

    @Test
    void goesOnWithItsOwnKeyWhenTheRunsKeyIsTooOld() {
        holdfast.on(
                "/heartbeat",
                request -> request.key().equals(StandIn.RUN_KEY)
                        ? Reply.problem(401, "key_expired")
                        : Reply.ok("{'continue':true}"));
        ClaimedRun owned = owned();

        assertThat(owned.heartbeat(null, null).goOn()).isTrue();
        owned.append("worker.note", null);
        assertThat(holdfast.asked("/events").get(0).key()).isEqualTo(StandIn.WORKER_KEY);
    }

    @Test
    void neverShowsAKey() {
        Claim claim = claimed();
        ClaimedRun owned = client.owned(claim);

        assertThat(List.of(client, claim, owned).toString())
                .doesNotContain(StandIn.WORKER_KEY)
                .doesNotContain(StandIn.RUN_KEY);
        assertThatThrownBy(() -> HoldfastClient.of(URI.create("http://localhost"), "hft_secret\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("hft_secret");
    }

    private ClaimedRun owned() {
        return client.owned(claimed());
    }

    private Claim claimed() {
        holdfast.queue("r1");
        return client.claim("w", List.of("l"), 1, Duration.ofSeconds(1)).get(0);
    }
}
