package dev.holdfast.reaper;

import dev.holdfast.reaper.Sweep.Count;
import dev.holdfast.run.Verdict;
import dev.holdfast.run.Warrant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a phase has found, moved a batch at a time by whoever takes part: who is waited for has begun one, so that a sweep
 * never waits for a thread that it does not get.
 */
final class Batches {
    private static final Logger LOG = Logger.getLogger(Batches.class.getName());
    private static final Count NONE = new Count(0, 0);

    private final Phase phase;
    private final Warrant warrant;
    private final List<List<UUID>> batches;
    private final List<CompletableFuture<Count>> outcomes;
    private final Consumer<List<Verdict>> moved;
    private final AtomicInteger next = new AtomicInteger();

    /** @param most rows of one batch @param moved told of each batch that is moved, by the thread that moved it */
    Batches(Phase phase, Warrant warrant, List<UUID> found, int most, Consumer<List<Verdict>> moved) {
        this.phase = phase;
        this.warrant = warrant;
        this.moved = moved;
        batches = IntStream.iterate(0, from -> from < found.size(), from -> from + most)
                .mapToObj(from -> found.subList(from, Math.min(found.size(), from + most)))
                .toList();
        outcomes = Stream.generate(CompletableFuture<Count>::new)
                .limit(batches.size())
                .toList();
    }

    int count() {
        return batches.size();
    }

    /** Moves one batch after the other until none is left. */
    void take() {
        takeUntil(() -> false);
    }

    /** The same, but what is left when it is enough is left for the next sweep. At least one batch is moved. */
    void takeUntil(BooleanSupplier enough) {
        for (int i = next.getAndIncrement(); i < batches.size(); i = next.getAndIncrement()) {
            var outcome = outcomes.get(i);
            try {
                outcome.complete(i > 0 && enough.getAsBoolean() ? NONE : act(batches.get(i)));
            } catch (RuntimeException | Error e) {
                outcome.completeExceptionally(e);
            }
        }
    }

    /**
     * To be called when no batch is left; those that others have begun are waited for, all of them, whatever became of one.
     *
     * @throws Error that a batch met with
     */
    Count outcome() {
        try {
            CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
        return outcomes.stream().map(CompletableFuture::join).reduce(NONE, Count::plus);
    }

    /** A batch that fails is halved until the rows that make it fail stand alone. */
    private Count act(List<UUID> ids) {
        try {
            var done = phase.act(warrant, ids);
            moved.accept(done);
            return new Count(done.size(), 0);
        } catch (RuntimeException e) {
            if (ids.size() == 1) {
                LOG.log(
                        Level.WARNING,
                        "HLDF0312W: sweep %s cannot move %s; it is tried again by the next sweep"
                                .formatted(warrant.sweepId(), ids.get(0)),
                        e);
                return new Count(0, 1);
            }
            int middle = ids.size() / 2;
            return act(ids.subList(0, middle)).plus(act(ids.subList(middle, ids.size())));
        }
    }
}
