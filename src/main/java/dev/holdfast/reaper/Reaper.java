package dev.holdfast.reaper;

import dev.holdfast.platform.Settings;
import dev.holdfast.reaper.Sweep.Trigger;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.List;

/** Sweeps all tenants, once at a time in the whole cluster. */
@ApplicationScoped
public class Reaper {
    private final Sweeper sweeper;
    private final Sweeps sweeps;
    private final Settings settings;

    protected Reaper() { // for the proxy
        this(null, null, null);
    }

    @Inject
    Reaper(Sweeper sweeper, Sweeps sweeps, Settings settings) {
        this.sweeper = sweeper;
        this.sweeps = sweeps;
        this.settings = settings;
    }

    /** Whether an interval has passed since any node's last sweep. */
    public boolean isDue() {
        return sweeps.isDue(settings.sweepInterval());
    }

    /** Sweeps if it is time, and no node sweeps now, or one that seems to hang. */
    @Transactional
    public void sweepIfDue() {
        var interval = settings.sweepInterval();
        if (sweeps.isDue(interval) && (sweeps.tryLock() || sweeps.isDue(overdue(interval)))) {
            sweep(Trigger.TIMER, interval);
        }
    }

    // A node that is stopped or cut off in the midst of a sweep holds the lock until PostgreSQL ends its session, a
    // minute
    // later. Less than the two intervals after which all owners would be given time, as after an outage.
    private static Duration overdue(Duration interval) {
        return interval.multipliedBy(3).dividedBy(2);
    }

    /** Sweeps now, unless another node does: by the same rules, so that it can never fail another node's live run. */
    @Transactional
    public void sweepAtStart() {
        if (sweeps.tryLock()) {
            sweep(Trigger.START, Duration.ZERO);
        }
    }

    // The notes are written apart from the transaction that holds the lock: they must be seen, and not be locked,
    // meanwhile.
    private void sweep(Trigger trigger, Duration sinceLast) {
        if (sweeper.begin(sinceLast)) {
            sweeper.sweep(new SweepOrder(trigger, List.of(), false, null, null, null, null, null, null));
        }
    }
}
