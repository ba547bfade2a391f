package dev.holdfast.reaper;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.health.Progress;
import jakarta.ejb.ConcurrencyManagement;
import jakarta.ejb.ConcurrencyManagementType;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.inject.Inject;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The clock of the reaper. Not persistent: it ticks on every node, so that no node's death delays a sweep; the database
 * says whether it is time, and which of the nodes sweeps.
 */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class StaleRunReaper {
    private static final Logger LOG = Logger.getLogger(StaleRunReaper.class.getName());

    private final AtomicBoolean sweeping = new AtomicBoolean();

    @Inject
    Reaper reaper;

    @Inject
    Settings settings;

    @Inject
    Progress progress;

    /** Ticks each second, which is the shortest interval that can be set. A tick never throws: that would end the timer. */
    @Schedule(hour = "*", minute = "*", second = "*", persistent = false)
    public void tick() {
        if (!progress.isStarted() || !sweeping.compareAndSet(false, true)) {
            return;
        }
        try {
            if (reaper.isDue()) { // asked each second on each node: without a transaction around it
                reaper.sweepIfDue();
            }
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "HLDF0310W: no sweep on node " + settings.nodeName() + "; the next tick tries again",
                    e);
        } finally {
            sweeping.set(false);
        }
    }
}
