package dev.holdfast.run;

import dev.holdfast.event.Actor;
import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.run.Claims.Claimed;
import dev.holdfast.run.ResumeDesk.Resumed;
import dev.holdfast.run.ResumeDesk.Taker;
import dev.holdfast.run.RunDesk.Cancelled;
import dev.holdfast.run.RunDesk.Order;
import dev.holdfast.run.WorkerLifecycle.Claim;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;

/** What operators do with runs, over HTTP and JMX alike; producers too, who cancel what they have submitted. */
@ApplicationScoped
public class OperatorLifecycle {
    /** A move that lost a race to one that does not stand in its way is made again; nobody can be that unlucky. */
    private static final int TRIES = 10;

    private final RunDesk desk;
    private final ResumeDesk resumeDesk;
    private final Resumptions resumptions;
    private final Runs runs;
    private final WorkerLifecycle workers;
    private final RunMetrics metrics;

    protected OperatorLifecycle() { // for the proxy
        this(null, null, null, null, null, null);
    }

    @Inject
    OperatorLifecycle(
            RunDesk desk,
            ResumeDesk resumeDesk,
            Resumptions resumptions,
            Runs runs,
            WorkerLifecycle workers,
            RunMetrics metrics) {
        this.desk = desk;
        this.resumeDesk = resumeDesk;
        this.resumptions = resumptions;
        this.runs = runs;
        this.workers = workers;
        this.metrics = metrics;
    }

    /**
     * What a person says.
     *
     * @param reason null for none
     * @param expected version of {@code If-Match}; null if none was given
     */
    record Word(Caller caller, String reason, Long expected, String correlationId) {
        Order about(UUID run) {
            return new Order(caller.tenant(), run, actor(), reason, expected, correlationId);
        }

        private Actor actor() {
            return new Actor(caller.may(Scope.OPERATE) ? Actor.Kind.OPERATOR : Actor.Kind.PRODUCER, caller.name());
        }
    }

    /** What became of a run's descendants. @param refused those that have completed, or could not be moved now */
    record Cascade(long cancelled, long refused) {}

    /** @param cancelled whether this call ended the run @param cascade null unless asked for */
    record Cancellation(boolean cancelled, RunState state, long version, Cascade cascade) {}

    /**
     * Cancels a run, whatever it is doing: a lost race is tried again on the run as it then is, unless the caller named
     * the version it had seen. With {@code cascade} also its descendants, whatever became of the run itself.
     */
    Cancellation cancel(Word word, UUID run, boolean cascade) {
        var ended = cancel(word.about(run));
        return new Cancellation(
                ended.cancelled(), ended.state(), ended.version(), cascade ? cascade(word.about(run)) : null);
    }

    /** Ends a run for somebody who is no caller; one that has ended is left alone. @param reason null for none */
    public void cancelIfActive(UUID tenant, UUID run, Actor actor, String reason, String correlationId) {
        if (runs.find(tenant, run)
                .filter(found -> RunState.ACTIVE.contains(found.state()))
                .isPresent()) {
            cancel(new Order(tenant, run, actor, reason, null, correlationId));
        }
    }

    /** Sets a run aside, as {@link #cancel} ends it. @throws Problem 409 if it is not queued and not in flight */
    RunRow pause(Word word, UUID run) {
        var paused = unlessLost(() -> desk.pause(word.about(run)), () -> {});
        metrics.moved(Move.PAUSED, 1);
        return paused;
    }

    /** Queues a run again. @throws Problem 409 if it is not where a resume may start, by the state that it has now */
    RunRow resume(Word word, UUID run) {
        return resumed(word.about(run), null).run();
    }

    /** Resumes a run into a worker's hands. @throws Problem as {@link #resume}, 403 if the caller may not claim */
    Claim resumeFor(Word word, UUID run, String workerId) {
        if (!word.caller().may(Scope.WORK)) {
            throw new Problem(403, "forbidden", "A resume with a claim needs the scope " + Scope.WORK + " too.");
        }
        var secret = KeyFormat.secret();
        var resumed = resumed(word.about(run), new Taker(workerId, word.caller().id(), KeyFormat.hashOfSecret(secret)));
        metrics.handedOut();
        var claimed = new Claimed(resumed.run(), resumed.run().leaseExpiresAt(), resumed.heartbeatTimeout(), 0);
        return workers.toClaims(word.caller().tenant(), List.of(claimed), List.of(secret))
                .get(0);
    }

    /** Which runs of the filter the move could still do something to, newest first. */
    List<UUID> movable(UUID tenant, RunFilter filter, Move move, int limit) {
        return runs.ids(new RunSearch(tenant, filter).movableBy(move), limit);
    }

    private Cancelled cancel(Order order) {
        var ended = unlessLost(() -> desk.cancel(order), () -> {});
        metrics.moved(Move.CANCELLED, ended.cancelled() ? 1 : 0);
        return ended;
    }

    /** From the run downwards, each in a transaction of its own, so that what is done stays done. */
    private Cascade cascade(Order order) {
        var outcomes = Outcome.each(runs.descendants(order.tenant(), order.run()), run -> cancel(order.of(run)));
        return new Cascade(
                outcomes.stream()
                        .filter(one -> one.problem() == null && one.value().cancelled())
                        .count(),
                outcomes.stream()
                        .filter(one -> one.problem() != null || one.value().state() == RunState.COMPLETED)
                        .count());
    }

    private Resumed resumed(Order order, Taker taker) {
        var resumed = unlessLost(() -> resumeDesk.resume(order, taker), () -> resumptions
                .whyNot(order.tenant(), order.run(), order.expected())
                .ifPresent(problem -> {
                    throw problem;
                }));
        metrics.moved(Move.RESUMED, 1);
        return resumed;
    }

    private static <T> T unlessLost(Supplier<T> move, Runnable lookAgain) {
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                return move.get();
            } catch (RuntimeException e) {
                if (!ExpectedErrors.lostRace(e)) {
                    throw e;
                }
                lookAgain.run();
            }
        }
        throw ExpectedErrors.unavailable("an operator's command lost each race");
    }
}
