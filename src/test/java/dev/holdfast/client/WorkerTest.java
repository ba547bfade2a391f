package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.client.StandIn.Reply;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkerTest {
    private final StandIn holdfast = new StandIn();
    private final CountDownLatch never = new CountDownLatch(1);
    private final CountDownLatch handling = new CountDownLatch(1);
    private final AtomicBoolean interrupted = new AtomicBoolean();
    private Worker worker;

    @AfterEach
    void stop() {
        never.countDown();
        if (worker != null) {
            worker.close();
        }
        holdfast.close();
    }

    @Test
    void handlesARunAndCompletesItWithTheRunsKeyAndFence() {
        work(run -> TextNode.valueOf("n=" + run.input().path("n") + " fence=" + run.fence()));

        JsonNode complete = asked("/runs/r1/complete").body();

        assertThat(complete.path("result").asText()).isEqualTo("n=1 fence=3");
        assertThat(complete.path("fence").asLong()).isEqualTo(3);
        assertThat(asked("/complete").key()).isEqualTo(StandIn.RUN_KEY);
    }

    @Test
    void beatsFromTheClaimOnAsAdvised() {
        work(this::handleForEver);

        await().until(() -> holdfast.asked("/heartbeat").size() >= 5);
        assertThat(asked("/heartbeat").body()).hasToString("{\"fence\":3}");
    }

    @Test
    void sendsProgressAndCheckpointOnceWithTheNextBeat() {
        work(run -> {
            run.progress("half");
            run.checkpoint(List.of(7));
            return handleForEver(run);
        });

        await().until(() -> holdfast.asked("/heartbeat").size() >= 6);
        assertThat(holdfast.asked("/heartbeat"))
                .filteredOn(beat -> beat.body().has("progress"))
                .singleElement()
                .satisfies(beat -> assertThat(beat.body().path("checkpoint")).hasToString("[7]"));
    }

    @Test
    void keepsProgressForTheNextBeatWhenOneIsNotAnswered() {
        holdfast.on("/heartbeat", Reply.none(), Reply.problem(503, "away"), Reply.ok("{'continue':true}"));
        CountDownLatch told = new CountDownLatch(1);
        work(run -> {
            run.progress("half");
            told.countDown();
            return handleForEver(run);
        });

        await().until(() -> holdfast.asked("/heartbeat").size() >= 5);
        assertThat(holdfast.asked("/heartbeat"))
                .filteredOn(beat -> beat.body().has("progress"))
                .isNotEmpty();
        assertThat(interrupted).isFalse();
    }

    @Test
    void stopsWhenHoldfastSaysSo() {
        holdfast.on("/heartbeat", Reply.ok("{'continue':false,'reason':'cancelled'}"));

        assertResultIsThrownAway();
    }

    @Test
    void stopsWhenTheLeaseIsLost() {
        holdfast.on("/heartbeat", Reply.problem(409, "lease_lost"));

        assertResultIsThrownAway();
    }

    @Test
    void stopsWhenTheRunsKeyIsRevoked() {
        holdfast.on("/heartbeat", Reply.problem(401, "key_revoked"));

        assertResultIsThrownAway();
    }

    @Test
    void tellsTheWorkAtOnceThatItShouldStop() {
        holdfast.on("/heartbeat", Reply.ok("{'continue':false,'reason':'cancelled'}"));
        CountDownLatch stopped = new CountDownLatch(1);

        work(run -> {
            run.onStop(stopped::countDown);
            while (stopped.getCount() > 0) { // work that no interrupt reaches
                Thread.onSpinWait();
            }
            run.onStop(handling::countDown);
            return null;
        });

        await().until(() -> stopped.getCount() == 0);
        await("when it should stop already, it is told now").until(() -> handling.getCount() == 0);
        await().until(() -> worker.inFlight() == 0);
        assertNothingIsSaidOfTheOutcome();
    }

    private void assertResultIsThrownAway() {
        AtomicBoolean told = new AtomicBoolean();
        work(run -> {
            JsonNode result = handleForEver(run);
            told.set(run.stopRequested());
            return result;
        });

        await().until(told::get);
        await().until(() -> worker.inFlight() == 0);
        assertThat(interrupted).isTrue();
        assertNothingIsSaidOfTheOutcome();
    }

    private void assertNothingIsSaidOfTheOutcome() {
        assertThat(holdfast.asked("/complete")).isEmpty();
        assertThat(holdfast.asked("/fail")).isEmpty();
        assertThat(holdfast.asked("/release")).isEmpty();
    }

    @Test
    void failsRetryablyWhenTheHandlerThrows() {
        work(run -> {
            throw new IllegalStateException("no luck");
        });

        assertThat(asked("/runs/r1/fail").body())
                .hasToString(
                        "{\"fence\":3,\"retryable\":true,\"failure\":{\"code\":\"worker_error\",\"message\":\"no luck\"}}");
    }

    @Test
    void failsForGoodWhenTheHandlerKnowsThatNoAttemptCanSucceed() {
        work(run -> {
            throw new PermanentFailure("not_a_jar", "it is a poem");
        });

        assertThat(asked("/runs/r1/fail").body())
                .hasToString(
                        "{\"fence\":3,\"retryable\":false,\"failure\":{\"code\":\"not_a_jar\",\"message\":\"it is a poem\"}}");
    }

    @Test
    void failsForGoodWhenTheResultItselfIsRefused() {
        holdfast.on("/complete", Reply.problem(413, "too_large"));
        work(run -> null);

        assertThat(asked("/fail").body().path("failure").path("code").asText()).isEqualTo("result_refused");
    }

    @Test
    void savesACheckpointBeforeItFails() {
        holdfast.on(
                "/heartbeat",
                request ->
                        request.body().has("checkpoint") ? Reply.ok("{'continue':true}") : Reply.problem(503, "away"));
        work(run -> {
            run.checkpoint("page 7");
            throw new IllegalStateException("no luck");
        });

        asked("/fail");
        assertThat(holdfast.asked("/heartbeat"))
                .anySatisfy(beat ->
                        assertThat(beat.body().path("checkpoint").asText()).isEqualTo("page 7"));
    }

    @Test
    void tellsAResultAgainUntilHoldfastIsBack() {
        holdfast.on("/complete", Reply.problem(503, "away"), Reply.none(), Reply.ok("{'id':'r1','state':'completed'}"));
        work(run -> null);

        await().until(() -> worker != null
                && worker.inFlight() == 0
                && holdfast.asked("/complete").size() == 3);
        assertThat(holdfast.asked("/fail")).isEmpty();
    }

    @Test
    void goesOnClaimingWhenHoldfastIsBack() {
        holdfast.queue("r1");
        StandIn away = new StandIn().on("/claims", Reply.problem(503, "away"), Reply.none(), Reply.ok("{'claims':[]}"));
        try (away;
                Worker other = start(away, run -> null)) {
            await().until(() -> away.asked("/claims").size() >= 5);
            assertThat(other.inFlight()).isZero();
        }
    }

    @Test
    void handlesSeveralRunsAtATimeAndClaimsNoMoreThanItCanHold() {
        holdfast.queue("r1", "r2", "r3", "r4");
        worker = Worker.start(holdfast.client(), settings().withConcurrency(3), this::handleForEver, StandIn.QUICK);

        await().until(() -> worker.inFlight() == 3);
        assertThat(asked("/claims").body().path("max").asInt()).isEqualTo(3);
        await().during(Duration.ofMillis(200)).until(() -> worker.inFlight() == 3);
    }

    @Test
    void letsARunEndWithinTheGracePeriodOfAClose() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        work(run -> {
            handling.countDown();
            end.await();
            return TextNode.valueOf("done");
        });
        handling.await();
        Thread closing = new Thread(worker::close);
        closing.start();
        await().until(() -> closing.getState() == Thread.State.TIMED_WAITING);

        end.countDown();
        closing.join();

        assertThat(asked("/complete").body().path("result").asText()).isEqualTo("done");
        assertThat(holdfast.asked("/release")).isEmpty();
    }

    @Test
    void releasesWhatDoesNotEndWithinTheGracePeriod() throws Exception {
        worker = Worker.start(
                holdfast.queue("r1").client(),
                settings().withGrace(Duration.ofMillis(20)),
                this::handleForEver,
                StandIn.QUICK);
        handling.await();

        worker.close();

        assertThat(interrupted).isTrue();
        assertThat(asked("/runs/r1/release").body()).hasToString("{\"fence\":3}");
        assertThat(holdfast.asked("/complete")).isEmpty();
        assertThat(holdfast.asked("/fail")).isEmpty();
    }

    @Test
    void releasesOverTheHeadOfAHandlerThatDoesNotObey() throws Exception {
        AtomicReference<RunContext> context = new AtomicReference<>();
        CountDownLatch over = new CountDownLatch(1);
        worker = Worker.start(
                holdfast.queue("r1").client(),
                settings().withGrace(Duration.ZERO),
                run -> {
                    context.set(run);
                    handling.countDown();
                    awaitDeafly(never);
                    over.countDown();
                    return null;
                },
                StandIn.QUICK);
        handling.await();

        worker.close();
        never.countDown();
        over.await();

        assertThat(context.get().stopRequested()).isTrue();
        assertThat(holdfast.asked("/release")).hasSize(1);
        await().until(() -> worker.inFlight() == 0);
        assertThat(holdfast.asked("/complete")).isEmpty();
    }

    @Test
    void releasesWhatTheLastClaimCallBringsHome() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        String claim =
                "{'claims':[{'run':{'id':'late','lane':'l','state':'claimed'},'fence':9,'attempt':1,'runKey':'hfr_late'}]}";
        holdfast.on("/claims", request -> {
            asked.countDown();
            awaitDeafly(answer);
            return Reply.ok(claim);
        });
        worker = start(holdfast, run -> null);
        asked.await();
        Thread closing = new Thread(worker::close);
        closing.start();
        await().until(() -> closing.getState() == Thread.State.WAITING);

        answer.countDown();
        closing.join();

        assertThat(asked("/runs/late/release").body()).hasToString("{\"fence\":9}");
        assertThat(holdfast.asked("/claims")).hasSize(1);
    }

    private JsonNode handleForEver(RunContext run) {
        handling.countDown();
        try {
            never.await();
        } catch (InterruptedException e) {
            interrupted.set(true);
        }
        return TextNode.valueOf("too late");
    }

    private static void awaitDeafly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                // Deaf on purpose.
            }
        }
    }

    private void work(RunHandler handler) {
        holdfast.queue("r1");
        worker = start(holdfast, handler);
    }

    private static Worker start(StandIn server, RunHandler handler) {
        return Worker.start(server.client(), settings(), handler, StandIn.QUICK);
    }

    private static Worker.Settings settings() {
        return Worker.Settings.of("w", List.of("l")).withClaimWait(Duration.ofMillis(50));
    }

    private StandIn.Request asked(String pathEnd) {
        await().until(() -> !holdfast.asked(pathEnd).isEmpty());
        return holdfast.asked(pathEnd).get(0);
    }
}
