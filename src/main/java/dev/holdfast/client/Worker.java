package dev.holdfast.client;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Claims runs, has them handled several at a time, beats for them and settles them, until it is closed.
 *
 * <p>Close takes no further run, gives the handlers at work the grace period, then stops them and releases their runs. It
 * returns when the last claim call has come home, so up to the wait of a claim later. The worker's threads are daemons: it
 * lives no longer than the rest of its process.
 */
public final class Worker implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Worker.class.getName());

    /** How long an interrupted handler has to end before its run is released over its head. */
    private static final Duration OBEDIENCE = Duration.ofSeconds(2);

    private static final int MOST_LANES = 32;
    private static final int MOST_CLAIMS = 100;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    /**
     * How a worker works.
     *
     * @param id names the worker in runs, events and the console; one process, one id
     * @param lanes 1 to 32 lanes to claim from
     * @param concurrency runs at a time, 1 to 100
     * @param claimWait how long a claim waits for a run, at most 30 seconds
     * @param grace how long handlers may go on when the worker is closed
     */
    public record Settings(String id, List<String> lanes, int concurrency, Duration claimWait, Duration grace) {
        /** Refuses what makes no sense. */
        public Settings {
            lanes = List.copyOf(lanes);
            require(!id.isBlank(), "id is blank");
            require(!lanes.isEmpty() && lanes.size() <= MOST_LANES, "lanes: 1 to 32, not " + lanes.size());
            require(concurrency >= 1 && concurrency <= MOST_CLAIMS, "concurrency: 1 to 100, not " + concurrency);
            require(
                    !claimWait.isNegative() && claimWait.compareTo(LONGEST_WAIT) <= 0,
                    "claimWait: up to PT30S, not " + claimWait);
            require(!grace.isNegative(), "grace: not negative, not " + grace);
        }

        /** One run at a time, waiting 10 seconds for a claim, with 20 seconds of grace. */
        public static Settings of(String id, Collection<String> lanes) {
            return new Settings(id, List.copyOf(lanes), 1, Duration.ofSeconds(10), Duration.ofSeconds(20));
        }

        /** The same with so many runs at a time. */
        public Settings withConcurrency(int runs) {
            return new Settings(id, lanes, runs, claimWait, grace);
        }

        /** The same with another wait of a claim. */
        public Settings withClaimWait(Duration other) {
            return new Settings(id, lanes, concurrency, other, grace);
        }

        /** The same with another grace period. */
        public Settings withGrace(Duration other) {
            return new Settings(id, lanes, concurrency, claimWait, other);
        }

        private static void require(boolean holds, String otherwise) {
            if (!holds) {
                throw new IllegalArgumentException("A worker's " + otherwise);
            }
        }
    }

    private final Settings settings;
    private final HoldfastClient client;
    private final RunHandler handler;
    private final Heartbeats heartbeats = new Heartbeats();
    private final Delivery delivery;
    private final ClaimLoop claims;
    private final Thread claimer;
    private final ExecutorService handlers;
    private final Set<RunExecution> executions = ConcurrentHashMap.newKeySet();
    private boolean closing;

    private Worker(HoldfastClient client, Settings settings, RunHandler handler, Backoff backoff) {
        this.settings = settings;
        // Each call once: what is to be repeated, the worker repeats itself, as long as it makes sense.
        this.client = client.withPatience(Duration.ZERO);
        this.handler = handler;
        this.delivery = new Delivery(backoff);
        this.handlers = Executors.newFixedThreadPool(settings.concurrency(), threads("holdfast-run"));
        this.claims = new ClaimLoop(this::claim, this::take, settings.concurrency(), settings.claimWait(), backoff);
        this.claimer = threads("holdfast-claims").newThread(claims);
    }

    /**
     * Starts to work at once.
     *
     * @param client with a key of scope {@code runs:work}
     */
    public static Worker start(HoldfastClient client, Settings settings, RunHandler handler) {
        return start(client, settings, handler, Backoff.DEFAULT);
    }

    static Worker start(HoldfastClient client, Settings settings, RunHandler handler, Backoff backoff) {
        Worker worker = new Worker(client, settings, handler, backoff);
        worker.claimer.start();
        return worker;
    }

    static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    private List<Claim> claim(int max) {
        return client.claim(settings.id(), settings.lanes(), max, settings.claimWait());
    }

    private void take(Claim claim) {
        RunExecution execution = new RunExecution(claim, client.owned(claim), handler, delivery);
        if (begins(execution)) {
            heartbeats.keep(execution);
        } else {
            execution.releaseUnlessSettling();
        }
    }

    private synchronized boolean begins(RunExecution execution) {
        if (!closing) {
            executions.add(execution);
            handlers.execute(() -> execute(execution));
        }
        return !closing;
    }

    private void execute(RunExecution execution) {
        try {
            execution.execute();
        } finally {
            executions.remove(execution);
            claims.placeFreed();
        }
    }

    /** How many runs it holds now. */
    public int inFlight() {
        return executions.size();
    }

    @Override
    public void close() {
        LOG.log(System.Logger.Level.INFO, "Worker {0} stops; {1} runs in flight", settings.id(), inFlight());
        synchronized (this) {
            closing = true;
            handlers.shutdown();
        }
        claims.stop();
        boolean interrupted = !windDown();
        heartbeats.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** False if the closing thread was interrupted: then nothing is waited for any more. */
    private boolean windDown() {
        boolean calm = ended(settings.grace());
        delivery.endTries();
        executions.forEach(RunExecution::shutDown);
        calm = calm && ended(OBEDIENCE);
        executions.forEach(RunExecution::releaseUnlessSettling);
        return calm && claimerEnded();
    }

    private boolean ended(Duration within) {
        try {
            handlers.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private boolean claimerEnded() {
        try {
            claimer.join();
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "Worker[" + settings.id() + "]";
    }
}
