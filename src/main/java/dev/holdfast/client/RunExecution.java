package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * One claim in this worker: the handler at work, then its outcome told to Holdfast. Whoever leaves {@code HANDLING} first
 * settles the run; nobody else does.
 */
final class RunExecution implements RunContext {
    private static final System.Logger LOG = System.getLogger(RunExecution.class.getName());

    private enum Phase {
        WAITING,
        HANDLING,
        SETTLING,
        OVER
    }

    /** What the handler said since the last beat; both may be null. */
    record News(JsonNode progress, JsonNode checkpoint) {
        boolean isEmpty() {
            return progress == null && checkpoint == null;
        }
    }

    private final Claim claim;
    private final ClaimedRun claimed;
    private final RunHandler handler;
    private final Delivery delivery;
    private final AtomicReference<JsonNode> progress = new AtomicReference<>();
    private final AtomicReference<JsonNode> checkpoint = new AtomicReference<>();
    private final Object turn = new Object();
    private final List<Runnable> onStop = new ArrayList<>();
    private Phase phase = Phase.WAITING;
    private Thread thread;
    private volatile boolean stopRequested;
    private volatile String lostBecause;
    private volatile boolean suspended;

    RunExecution(Claim claim, ClaimedRun claimed, RunHandler handler, Delivery delivery) {
        this.claim = claim;
        this.claimed = claimed;
        this.handler = handler;
        this.delivery = delivery;
    }

    void execute() {
        if (beginHandling()) {
            Consumer<ClaimedRun> outcome = outcome();
            if (beginSettling()) {
                settle(outcome);
            }
        }
        end();
    }

    private boolean beginHandling() {
        synchronized (turn) {
            boolean mine = phase == Phase.WAITING;
            if (mine) {
                phase = Phase.HANDLING;
                thread = Thread.currentThread();
            }
            return mine;
        }
    }

    private Consumer<ClaimedRun> outcome() {
        if (stopRequested) {
            return this::release;
        }
        try {
            JsonNode result = handler.handle(this);
            return run -> complete(run, result);
        } catch (Suspended waits) {
            return run -> {};
        } catch (PermanentFailure failure) {
            return failing(Fault.permanent(failure.code(), message(failure)));
        } catch (Exception | Error failure) {
            return failing(Fault.passing("worker_error", message(failure)));
        }
    }

    private Consumer<ClaimedRun> failing(Fault fault) {
        return run -> {
            tellNews(run);
            run.fail(fault);
        };
    }

    private static String message(Throwable failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private void complete(ClaimedRun run, JsonNode result) {
        try {
            run.complete(result, null);
        } catch (Problem problem) {
            if (problem.status() != 400 && problem.status() != 413) {
                throw problem;
            }
            // The result itself is refused (too large, say): another attempt would bring the same.
            run.fail(Fault.permanent("result_refused", problem.getMessage()));
        }
    }

    /** From here on no interrupt comes any more, and one that came is not taken along into the calls. */
    private boolean beginSettling() {
        synchronized (turn) {
            boolean mine = phase == Phase.HANDLING;
            if (mine) {
                phase = Phase.SETTLING;
                Thread.interrupted();
            }
            return mine;
        }
    }

    private void settle(Consumer<ClaimedRun> outcome) {
        if (suspended) {
            LOG.log(System.Logger.Level.DEBUG, "{0} waits for people", this);
        } else if (lostBecause != null) {
            LOG.log(System.Logger.Level.INFO, "{0} was lost ({1}); its outcome is thrown away", this, lostBecause);
        } else if (stopRequested) {
            deliver(this::release);
        } else {
            deliver(outcome);
        }
    }

    private void deliver(Consumer<ClaimedRun> outcome) {
        try {
            delivery.deliver(this, () -> outcome.accept(claimed));
        } catch (Problem | Unreachable e) {
            LOG.log(System.Logger.Level.WARNING, "The outcome of {0} was not taken: {1}", this, e.getMessage());
        }
    }

    private void release(ClaimedRun run) {
        tellNews(run);
        run.release();
    }

    /** A checkpoint that has not travelled yet would be lost with the claim. */
    private void tellNews(ClaimedRun run) {
        News news = news();
        if (!news.isEmpty()) {
            run.heartbeat(news.progress(), news.checkpoint());
            told(news);
        }
    }

    private void end() {
        synchronized (turn) {
            phase = Phase.OVER;
        }
    }

    /** The run is not this worker's any more: stop the handler, and say nothing about the run. */
    void lose(String because) {
        synchronized (turn) {
            lostBecause = because;
        }
        stop();
    }

    /** The worker shuts down: stop the handler, and hand the run back. */
    void shutDown() {
        stop();
    }

    private void stop() {
        List<Runnable> actions;
        synchronized (turn) {
            stopRequested = true;
            if (phase == Phase.HANDLING) {
                thread.interrupt();
            }
            actions = List.copyOf(onStop);
            onStop.clear();
        }
        actions.forEach(this::tell);
    }

    /** What the handler does then is its own affair: it hinders neither the beats nor the end of the worker. */
    private void tell(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "What {0} does when it is stopped failed: {1}", this, e.getMessage());
        }
    }

    /** Hands the run back in place of a handler that has not begun, or that has not obeyed. */
    void releaseUnlessSettling() {
        synchronized (turn) {
            if (phase == Phase.SETTLING || phase == Phase.OVER) {
                return;
            }
            phase = Phase.SETTLING;
        }
        settle(this::release);
        end();
    }

    boolean isOver() {
        synchronized (turn) {
            return phase == Phase.OVER || lostBecause != null || suspended;
        }
    }

    Claim claim() {
        return claim;
    }

    ClaimedRun claimed() {
        return claimed;
    }

    News news() {
        return new News(progress.get(), checkpoint.get());
    }

    /** What has travelled is old; what the handler said meanwhile is not. */
    void told(News news) {
        progress.compareAndSet(news.progress(), null);
        checkpoint.compareAndSet(news.checkpoint(), null);
    }

    @Override
    public Run run() {
        return claim.run();
    }

    @Override
    public long fence() {
        return claim.fence();
    }

    @Override
    public int attempt() {
        return claim.attempt();
    }

    @Override
    public JsonNode lastCheckpoint() {
        return claim.checkpoint();
    }

    @Override
    public Approval approval() {
        return claim.approval();
    }

    @Override
    public Approval ask(Question question) {
        tellNews(claimed);
        Approval approval = claimed.ask(question);
        if (approval.isPending()) {
            suspended = true;
            throw new Suspended(approval);
        }
        return approval;
    }

    @Override
    public void redeem(Approval approval, Object args) {
        claimed.redeem(approval.id(), Json.MAPPER.valueToTree(args));
    }

    @Override
    public boolean stopRequested() {
        return stopRequested;
    }

    @Override
    public void onStop(Runnable action) {
        boolean now;
        synchronized (turn) {
            now = stopRequested;
            if (!now) {
                onStop.add(action);
            }
        }
        if (now) {
            tell(action);
        }
    }

    @Override
    public void progress(Object value) {
        progress.set(Json.MAPPER.valueToTree(value));
    }

    @Override
    public void checkpoint(Object value) {
        checkpoint.set(Json.MAPPER.valueToTree(value));
    }

    @Override
    public void event(String type, Object data) {
        claimed.append(type, data == null ? null : Json.MAPPER.valueToTree(data));
    }

    @Override
    public String toString() {
        return "run " + claim.run().id() + " (fence " + claim.fence() + ")";
    }
}
