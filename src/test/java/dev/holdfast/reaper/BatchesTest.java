package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.reaper.Sweep.Count;
import dev.holdfast.run.Verdict;
import dev.holdfast.run.Warrant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a sweep has found is moved once each, whoever helps, and nobody waits for who does not. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchesTest {
    private static final Warrant WARRANT =
            new Warrant(UUID.randomUUID(), "node", null, null, null, false, false, "correlation");

    private final List<UUID> moved = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private Thread helper;

    @Test
    void eachIsMovedOnceAndTheOutcomeWaitsForABatchThatAHelperHasBegun() throws Exception {
        var found = ids(7);
        var batches = batches(found, 2, ids -> {
            return isHelper() ? heldUp(ids) : ids;
        });
        letHelperBegin(batches);

        batches.take();
        assertThat(moved).containsExactlyElementsOf(found.subList(2, 7));
        var waiting = new Thread[1];
        var outcome = CompletableFuture.supplyAsync(batches::outcome, task -> {
            waiting[0] = new Thread(task, "who waits");
            waiting[0].start();
        });
        Awaitility.await().until(() -> waiting[0].getState() == Thread.State.WAITING);
        assertThat(outcome).isNotDone();
        goOn.countDown();

        assertThat(outcome.get()).isEqualTo(new Count(7, 0));
        assertThat(moved).containsExactlyInAnyOrderElementsOf(found);
    }

    @Test
    void aHelperThatComesTooLateFindsNothingAndIsNotWaitedFor() {
        var found = ids(5);
        var batches = batches(found, 2, Function.identity());

        batches.take();

        assertThat(batches.outcome()).isEqualTo(new Count(5, 0));
        batches.take();
        assertThat(moved).containsExactlyElementsOf(found);
    }

    @Test
    void whatMakesABatchFailIsCountedAloneAndTheOthersAreMoved() {
        var found = ids(9);
        var unmovable = Set.of(found.get(1), found.get(6), found.get(7));

        var batches = batches(found, 4, ids -> {
            if (!Collections.disjoint(ids, unmovable)) {
                throw new IllegalStateException("one of them cannot be moved");
            }
            return ids;
        });
        batches.take();

        assertThat(batches.outcome()).isEqualTo(new Count(6, 3));
        assertThat(moved).doesNotContainAnyElementsOf(unmovable).hasSize(6);
    }

    @Test
    void whenItIsEnoughTheRestIsLeftButForTheFirstBatch() {
        var found = ids(5);
        var batches = batches(found, 2, Function.identity());

        batches.takeUntil(() -> true);

        assertThat(batches.outcome()).isEqualTo(new Count(2, 0));
        assertThat(moved).containsExactlyElementsOf(found.subList(0, 2));
    }

    @Test
    void anErrorIsThrownAsItIsButOnlyWhenAllThatIsUnderWayIsOver() throws Exception {
        var found = ids(4);
        var batches = new Batches[1];
        batches[0] = batches(found, 2, ids -> {
            if (isHelper()) {
                return heldUp(ids);
            }
            letHelperBegin(batches[0]); // with the second: the first fails while that is under way
            throw new AssertionError("no memory, say");
        });
        batches[0].take();
        var waiting = Thread.currentThread();
        var watch = new Thread(
                () -> {
                    Awaitility.await().until(() -> waiting.getState() == Thread.State.WAITING);
                    goOn.countDown();
                },
                "watch");
        watch.start();

        assertThatThrownBy(batches[0]::outcome).isExactlyInstanceOf(AssertionError.class);

        assertThat(moved).containsExactlyElementsOf(found.subList(2, 4));
    }

    /** Returns when somebody beside this thread is in the midst of the next batch. */
    private void letHelperBegin(Batches batches) {
        helper = new Thread(batches::take, "helper");
        helper.start();
        await(begun);
    }

    private boolean isHelper() {
        return Thread.currentThread() == helper;
    }

    private List<UUID> heldUp(List<UUID> ids) {
        begun.countDown();
        await(goOn);
        return ids;
    }

    private Batches batches(List<UUID> found, int most, Function<List<UUID>, List<UUID>> act) {
        var phase = new Phase() {
            @Override
            public List<Verdict> find(Warrant warrant, int limit) {
                throw new UnsupportedOperationException();
            }

            @Override
            public List<Verdict> act(Warrant warrant, List<UUID> ids) {
                assertThat(warrant).isSameAs(WARRANT);
                return act.apply(ids).stream().map(BatchesTest::verdict).toList();
            }
        };
        return new Batches(phase, WARRANT, found, most, done -> done.forEach(verdict -> moved.add(verdict.runId())));
    }

    private static Verdict verdict(UUID run) {
        return new Verdict(UUID.randomUUID(), run, "leases", "rule", "queued", Instant.EPOCH, "{}");
    }

    private static List<UUID> ids(int number) {
        return Stream.generate(UUID::randomUUID).limit(number).toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
