package dev.holdfast.client;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Beats for all of a worker's runs, on one thread: the beats themselves do not block it, so that one that hangs delays no
 * other. The first goes out at once, the next ones as the claim advises, sooner after one that was not answered.
 */
final class Heartbeats implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Heartbeats.class.getName());

    /** The advice of the default lane policy, for a claim that carries none. */
    private static final Duration UNADVISED = Duration.ofSeconds(30);

    private static final int SOONER = 4;

    private final ScheduledExecutorService clock =
            Executors.newSingleThreadScheduledExecutor(Worker.threads("holdfast-heartbeats"));

    /** Beats until the execution is over or was told to stop. */
    void keep(RunExecution execution) {
        if (execution.isOver() || clock.isShutdown()) {
            return;
        }
        RunExecution.News news = execution.news();
        execution.claimed().heartbeatAsync(news.progress(), news.checkpoint()).whenComplete((beat, error) -> {
            if (error == null) {
                execution.told(news);
                answered(execution, beat);
            } else {
                unanswered(execution, Transport.failure(error));
            }
        });
    }

    private void answered(RunExecution execution, Beat beat) {
        if (beat.goOn()) {
            again(execution, every(execution));
        } else {
            execution.lose(beat.reason() == null ? "stopped" : beat.reason());
        }
    }

    private void unanswered(RunExecution execution, RuntimeException error) {
        if (error instanceof Problem problem && isLoss(problem)) {
            execution.lose(why(problem));
            return;
        }
        LOG.log(System.Logger.Level.WARNING, "Heartbeat of {0} failed, beating on: {1}", execution, error.getMessage());
        again(execution, every(execution).dividedBy(SOONER));
    }

    /** What ended the claim, if Holdfast tells: by the dead run key's refusal or by the lost lease's. */
    private static String why(Problem problem) {
        String because = problem.is("lease_lost") ? "lostBecause" : "because";
        return problem.member(because).asText(problem.code());
    }

    static boolean isLoss(Problem problem) {
        return problem.is("lease_lost") || problem.is("key_revoked") || problem.status() == 404;
    }

    private void again(RunExecution execution, Duration delay) {
        if (!execution.isOver() && !clock.isShutdown()) {
            clock.schedule(() -> keep(execution), delay.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private static Duration every(RunExecution execution) {
        Duration advised = execution.claim().heartbeatEvery();
        return advised == null || advised.toMillis() < 1 ? UNADVISED : advised;
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
