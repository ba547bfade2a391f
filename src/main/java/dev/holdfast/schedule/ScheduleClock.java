package dev.holdfast.schedule;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Actor;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.health.Progress;
import dev.holdfast.run.OperatorLifecycle;
import dev.holdfast.schedule.Schedules.Due;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The clock of the schedules: it ticks on every node, and which node's tick fires is decided by the schedule's row. */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class ScheduleClock {
    private static final Logger LOG = Logger.getLogger(ScheduleClock.class.getName());

    /** Schedules that one look takes, and looks that one tick takes at most; what is left is due at the next tick. */
    private static final int BATCH = 100;

    private static final int LOOKS = 20;

    /** How long nobody looks while nothing is due: what is made or changed meanwhile, by any node, may fire so late. */
    private static final Duration REST = Duration.ofSeconds(5);

    private final AtomicBoolean firing = new AtomicBoolean();
    private volatile long nextLook = System.nanoTime();

    @Inject
    Schedules schedules;

    @Inject
    ScheduleDesk desk;

    @Inject
    OperatorLifecycle operators;

    @Inject
    Settings settings;

    @Inject
    Progress progress;

    /** Ticks each second. A tick never throws: that would end the timer. */
    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void tick() {
        if (!progress.isStarted() || System.nanoTime() < nextLook || !firing.compareAndSet(false, true)) {
            return;
        }
        try {
            fireAll();
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "HLDF0501W: no firings on node " + settings.nodeName() + "; the next tick tries again",
                    e);
        } finally {
            firing.set(false);
        }
    }

    private void fireAll() {
        for (int look = 0; look < LOOKS; look++) {
            var soon = schedules.soon(REST, BATCH);
            var fired = soon.stream().filter(Due::isDue).filter(this::fire).count();
            if (fired == 0) {
                var rest = soon.stream()
                        .map(Due::untilDue)
                        .filter(wait -> !wait.isNegative())
                        .findFirst()
                        .orElse(REST);
                nextLook = System.nanoTime() + rest.toNanos();
                return;
            }
        }
    }

    // The former run is cancelled first: if this node ends in between, the schedule is still due.
    private boolean fire(Due due) {
        var schedule = due.schedule();
        try {
            var firing = Firing.of(schedule.clock(), schedule.catchUp(), schedule.nextAt(), due.now());
            var correlationId = UuidCreator.getTimeOrderedEpoch().toString();
            if (schedule.overlap() == Overlap.CANCEL && schedule.lastRunId() != null && firing.at() != null) {
                operators.cancelIfActive(
                        schedule.tenant(),
                        schedule.lastRunId(),
                        new Actor(Actor.Kind.SCHEDULE, schedule.name()),
                        "The schedule fired again.",
                        correlationId);
            }
            desk.fire(schedule, firing, correlationId);
            return true;
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "HLDF0502W: schedule " + schedule.name() + " of tenant " + schedule.tenant()
                            + " did not fire; the next look tries again",
                    e);
            return false;
        }
    }
}
