package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.client.StandIn.Reply;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The client and the worker runtime against a real node: what they say is understood, and what they read they understand. */
class ClientIT {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final HoldfastClient holdfast = HoldfastClient.of(Cluster.node(1).uri(), Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();
    private final String lane = "client-" + UUID.randomUUID();
    private final CountDownLatch handling = new CountDownLatch(1);
    private final CountDownLatch never = new CountDownLatch(1);
    private final List<Worker> workers = new ArrayList<>();

    /** A lane with a beat every second and next to no backoff. */
    @BeforeEach
    void makeTheLane() {
        rows.change("""
                insert into lanes (tenant_id, name, heartbeat_timeout, backoff_initial)
                select id, ?, 'PT4S', 'PT0.01S' from tenants where name = 'default'""", lane);
    }

    @AfterEach
    void stop() {
        never.countDown();
        workers.forEach(Worker::close);
        rows.assertInvariants();
    }

    @Test
    void aSubmissionComesBackAsItWasSaid() {
        Run parent = holdfast.submit(Submission.to(lane));
        Submission said = Submission.to(lane)
                .type("sync")
                .input(Map.of("n", 1))
                .subject("s")
                .priority(7)
                .delay(Duration.ofMinutes(1))
                .label("team", "blue")
                .metadata(Map.of("by", "test"))
                .conversationId("c")
                .endUser("u")
                .concurrencyKey("k")
                .maxAttempts(2)
                .queueTimeout(Duration.ofHours(1))
                .runTimeout(Duration.ofHours(2))
                .parentRunId(parent.id());

        Run run = holdfast.submit(said, "first-" + lane);

        assertThat(run)
                .returns("queued", Run::state)
                .returns("sync", Run::type)
                .returns("s", Run::subject)
                .returns(7, Run::priority)
                .returns(Map.of("team", "blue"), Run::labels)
                .returns("c", Run::conversationId)
                .returns("u", Run::endUser)
                .returns("k", Run::concurrencyKey)
                .returns(parent.id(), Run::parentRunId);
        assertThat(run.input()).hasToString("{\"n\":1}");
        assertThat(run.metadata()).hasToString("{\"by\":\"test\"}");
        assertThat(run.availableAt()).isEqualTo(run.submittedAt().plusSeconds(60));
        assertThat(holdfast.get(run.id())).isEqualTo(run);
        assertThat(holdfast.list(RunQuery.all()
                                .lane(lane)
                                .label("team", "blue")
                                .state("queued")
                                .subject("s"))
                        .items())
                .containsExactly(run);
        assertThatThrownBy(() -> holdfast.submit(said)).isInstanceOfSatisfying(Problem.class, problem -> assertThat(
                        problem.member("activeRunId").asText())
                .isEqualTo(run.id()));
    }

    @Test
    void allPagesOfAListAreRead() {
        List<String> submitted = submit(7);
        List<String> read = new ArrayList<>();

        holdfast.forEach(RunQuery.all().lane(lane).limit(3), run -> read.add(run.id()));

        assertThat(read).containsExactlyInAnyOrderElementsOf(submitted);
    }

    @Test
    void fourHandlersWorkAtATimeAndCompleteEveryRun() {
        CyclicBarrier four = new CyclicBarrier(4); // each handler waits for three others
        AtomicInteger working = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<String> submitted = submit(20);

        Worker worker = work("four", 4, run -> {
            most.accumulateAndGet(working.incrementAndGet(), Math::max);
            four.await(10, TimeUnit.SECONDS);
            run.event("squared", Map.of("n", run.input().path("n")));
            working.decrementAndGet();
            int n = run.input().path("n").asInt();
            return IntNode.valueOf(n * n);
        });

        await().atMost(PATIENCE).until(() -> inState("completed").size() == 20 && worker.inFlight() == 0);
        assertThat(most).hasValue(4);
        assertThat(inState("completed")).allSatisfy(run -> {
            int n = run.input().path("n").asInt();
            assertThat(run.result().asInt()).isEqualTo(n * n);
            assertThat(run)
                    .returns("four", Run::workerId)
                    .returns(1L, Run::fence)
                    .returns(1, Run::attempt);
        });
        assertThat(submitted).allSatisfy(id -> assertThat(types(id))
                .startsWith("submitted", "claimed")
                .contains("worker.squared")
                .endsWith("completed"));
    }

    @Test
    void closingReleasesTheRunAndItsCheckpointReachesTheNextOwner() {
        String id = submit(1).get(0);
        Worker first = work("first", 1, run -> {
            run.checkpoint(Map.of("page", 7));
            return handleForEver();
        });
        await().atMost(PATIENCE).until(() -> handling.getCount() == 0);

        first.close();

        Run released = holdfast.get(id);
        assertThat(released)
                .returns("queued", Run::state)
                .returns(null, Run::workerId)
                .returns(0, Run::failures);
        assertThat(types(id)).endsWith("released");

        work("second", 1, RunContext::lastCheckpoint);
        Run completed = awaitState(id, "completed");
        assertThat(completed.result()).hasToString("{\"page\":7}");
        assertThat(completed)
                .returns("second", Run::workerId)
                .returns(2, Run::attempt)
                .returns(2L, Run::fence);
    }

    @Test
    void aFailedAttemptsCheckpointReachesTheNextAttempt() {
        String id = submit(1).get(0);

        work("stubborn", 1, run -> {
            if (run.attempt() == 1) {
                run.checkpoint("half-way");
                throw new IllegalStateException("not today");
            }
            return run.lastCheckpoint();
        });

        Run completed = awaitState(id, "completed");
        assertThat(completed.result()).isEqualTo(TextNode.valueOf("half-way"));
        assertThat(completed.failures()).isEqualTo(1);
        assertThat(holdfast.events(id, null).items())
                .filteredOn(event -> event.type().equals("retried"))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.data().path("message").asText()).isEqualTo("not today"));
    }

    @Test
    void aPermanentFailureIsNotTriedAgain() {
        String id = submit(1).get(0);

        work("careful", 1, run -> {
            throw new PermanentFailure("no_such_page", "There is none");
        });

        assertThat(awaitState(id, "failed").failure())
                .returns("no_such_page", Run.Failure::code)
                .returns("work", Run.Failure::category)
                .returns("There is none", Run.Failure::message);
    }

    @Test
    void aCancelledRunsWorkerIsToldAndItsResultIsThrownAway() {
        String id = submit(1).get(0);
        AtomicBoolean told = new AtomicBoolean();
        Worker worker = work("told", 1, run -> {
            try {
                return handleForEver();
            } catch (InterruptedException e) {
                told.set(run.stopRequested());
                return TextNode.valueOf("too late");
            }
        });
        await().atMost(PATIENCE).until(() -> holdfast.get(id).state().equals("running"));

        assertThat(holdfast.cancel(id, "not needed").cancelled()).isTrue();

        await().atMost(PATIENCE).until(() -> worker.inFlight() == 0);
        assertThat(told).isTrue();
        assertThat(holdfast.get(id)).returns("cancelled", Run::state).returns(null, Run::result);
        assertThat(types(id)).containsExactly("submitted", "claimed", "started", "cancelled");
        assertThat(holdfast.cancel(id, "again")).returns(false, Cancellation::cancelled);
    }

    @Test
    void aCompleteWhoseAnswerWasLostIsRepeatedAndAnsweredAsReplayed() {
        submit(1);
        Claim claim = holdfast.claim("unlucky", List.of(lane), 1, Duration.ZERO).get(0);
        Api node = Api.at(Cluster.node(1).uri());
        AtomicInteger answers = new AtomicInteger();
        try (StandIn relay = new StandIn()) {
            relay.on("/complete", request -> {
                var answer = node.withKey(request.key()).post(request.path(), request.body());
                return answers.incrementAndGet() == 1 ? Reply.none() : new Reply(answer.status(), answer.text(), null);
            });

            Run run = HoldfastClient.of(List.of(relay.address()), Cluster.BOOTSTRAP_KEY, StandIn.QUICK)
                    .owned(claim)
                    .complete(TextNode.valueOf("done"), null);

            assertThat(run)
                    .returns(true, Run::replayed)
                    .returns("completed", Run::state)
                    .returns(TextNode.valueOf("done"), Run::result);
        }
        assertThat(answers.get()).isGreaterThan(1);
        assertThat(types(claim.run().id())).containsExactly("submitted", "claimed", "completed");
    }

    /** The first address is nobody's, the second cuts each stream after a few events. */
    @Test
    void aRunIsFollowedToItsEndOverCutsAndDeadNodes() throws Exception {
        Api node = Api.at(Cluster.node(1).uri());
        Run run = holdfast.submit(Submission.to(lane));
        try (StandIn gone = new StandIn();
                StandIn cutting = new StandIn()) {
            gone.close();
            cutting.on("/events", request -> {
                String after = request.lastEventId() == null ? "" : "?after=" + request.lastEventId();
                JsonNode next = node.withKey(request.key())
                        .get(request.path() + after)
                        .json()
                        .path("items")
                        .path(0);
                String frame = "id: %s\ndata: %s\n\n".formatted(next.path("id").asText(), next);
                return next.isMissingNode() ? Reply.none() : Reply.raw("retry: 5\n\n" + frame);
            });
            HoldfastClient client =
                    HoldfastClient.of(List.of(gone.address(), cutting.address()), Cluster.BOOTSTRAP_KEY, StandIn.QUICK);
            List<String> seen = new ArrayList<>();
            ClaimedRun owned = holdfast.owned(
                    holdfast.claim("w", List.of(lane), 1, Duration.ZERO).get(0));
            owned.append("worker.one", TextNode.valueOf("it's"));
            owned.complete(null, null);

            client.follow(run.id(), null, event -> {
                seen.add(event.type());
                return !event.type().equals("completed");
            });

            assertThat(seen).containsExactly("submitted", "claimed", "worker.one", "completed");
        }
    }

    @Test
    void theStreamOfARunIsFollowedWhileItGrows() throws Exception {
        Run run = holdfast.submit(Submission.to(lane));
        List<String> seen = new CopyOnWriteArrayList<>();
        Thread reader = new Thread(() -> holdfast.follow(run.id(), null, event -> seen.add(event.type())));
        reader.start();
        await().atMost(PATIENCE).until(() -> seen.contains("submitted"));

        holdfast.async()
                .claim("w", List.of(lane), 1, Duration.ZERO)
                .thenCompose(claims -> holdfast.owned(claims.get(0)).completeAsync(null, null))
                .get(20, TimeUnit.SECONDS);

        reader.join(PATIENCE.toMillis());
        assertThat(reader.isAlive()).as("it ends with the run").isFalse();
        assertThat(seen).containsExactly("submitted", "claimed", "completed");
        assertThatThrownBy(() -> holdfast.follow(UUID.randomUUID().toString(), null, event -> true))
                .isInstanceOfSatisfying(
                        Problem.class, problem -> assertThat(problem.status()).isEqualTo(404));
    }

    private List<String> submit(int count) {
        List<Submission> submissions = IntStream.range(0, count)
                .mapToObj(n -> Submission.to(lane).input(Map.of("n", n)))
                .toList();
        return holdfast.submitAll(submissions).stream()
                .map(submitted -> submitted.run().id())
                .toList();
    }

    private Worker work(String id, int concurrency, RunHandler handler) {
        Worker worker = Worker.start(
                holdfast,
                Worker.Settings.of(id, List.of(lane))
                        .withConcurrency(concurrency)
                        .withClaimWait(Duration.ofMillis(500))
                        .withGrace(Duration.ZERO),
                handler);
        workers.add(worker);
        return worker;
    }

    private JsonNode handleForEver() throws InterruptedException {
        handling.countDown();
        never.await();
        return null;
    }

    private Run awaitState(String id, String state) {
        return await().atMost(PATIENCE)
                .until(() -> holdfast.get(id), run -> run.state().equals(state));
    }

    private List<Run> inState(String state) {
        return holdfast.list(RunQuery.all().lane(lane).state(state)).items();
    }

    private List<String> types(String id) {
        return holdfast.events(id, null).items().stream().map(Event::type).toList();
    }
}
