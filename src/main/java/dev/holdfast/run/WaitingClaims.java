package dev.holdfast.run;

import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.lane.Pollers;
import dev.holdfast.run.WorkerLifecycle.Claim;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Claims that wait for work without holding a thread: each asks the database again from time to time. */
@ApplicationScoped
public class WaitingClaims {
    private static final long POLL_MILLIS = 100;

    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
    private final WorkerLifecycle lifecycle;
    private final Pollers pollers;
    private final Thread atSigterm = new Thread(this::answerAll, "answer-waiting-claims");
    private final RunMetrics metrics;
    private volatile boolean closing;

    @Resource
    ManagedScheduledExecutorService timer;

    protected WaitingClaims() { // for the proxy
        this(null, null, null);
    }

    @Inject
    WaitingClaims(WorkerLifecycle lifecycle, Pollers pollers, RunMetrics metrics) {
        this.lifecycle = lifecycle;
        this.pollers = pollers;
        this.metrics = metrics;
    }

    /** @param max of runs, 0 claims nothing @param patience how long to wait at most; zero answers at once */
    record Wish(Caller caller, String workerId, List<String> lanes, int max, Duration patience, String correlationId) {}

    /** Comes with the claims, or with none when the wait is over, the server stops or the caller gave up. */
    CompletableFuture<List<Claim>> claim(Wish wish) {
        pollers.saw(wish.caller().tenant(), wish.workerId(), wish.lanes());
        var reply = new CompletableFuture<List<Claim>>();
        new Waiting(wish, System.nanoTime() + wish.patience().toNanos(), reply).ask();
        return reply;
    }

    // A SIGTERM is heard here at once; @PreDestroy comes after Liberty has waited for the very requests that wait for
    // us.
    @PostConstruct
    void listen() {
        Runtime.getRuntime().addShutdownHook(atSigterm);
    }

    @PreDestroy
    void close() {
        answerAll();
        try {
            Runtime.getRuntime().removeShutdownHook(atSigterm);
        } catch (IllegalStateException stopping) {
            // it has run, or is about to
        }
    }

    private void answerAll() {
        closing = true;
        waiting.forEach(Waiting::giveUp);
    }

    private final class Waiting {
        private final Wish wish;
        private final long until;
        private final CompletableFuture<List<Claim>> reply;

        Waiting(Wish wish, long until, CompletableFuture<List<Claim>> reply) {
            this.wish = wish;
            this.until = until;
            this.reply = reply;
        }

        // Who takes it out of the set answers it, so that what it is about to claim is never answered with nothing.
        void giveUp() {
            if (waiting.remove(this)) {
                reply.complete(List.of());
            }
        }

        void askAgain() {
            if (waiting.remove(this)) {
                ask();
            }
        }

        void ask() {
            try {
                var claims = wish.max() == 0 ? List.<Claim>of() : take();
                if (!claims.isEmpty() || closing || System.nanoTime() >= until) {
                    reply.complete(claims);
                } else {
                    waiting.add(this);
                    timer.schedule(this::askAgain, POLL_MILLIS, TimeUnit.MILLISECONDS);
                }
            } catch (RuntimeException e) {
                reply.completeExceptionally(e);
            }
        }

        private List<Claim> take() {
            var secrets = Stream.generate(KeyFormat::secret).limit(wish.max()).toList();
            var taken = lifecycle.tryClaim(wish.caller(), wish.workerId(), wish.lanes(), secrets, wish.correlationId());
            taken.claims().forEach(claimed -> metrics.claimed(claimed.run()));
            return lifecycle.toClaims(wish.caller().tenant(), taken.claims(), secrets);
        }
    }
}
