package dev.holdfast.audit;

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

/** The clock of sealing, on every node. While there is nothing to seal a tick costs one statement. */
@Singleton
@ConcurrencyManagement(ConcurrencyManagementType.BEAN)
@TransactionManagement(TransactionManagementType.BEAN)
public class SealingTimer {
    private static final Logger LOG = Logger.getLogger(SealingTimer.class.getName());

    private final AtomicBoolean sealing = new AtomicBoolean();

    @Inject
    Sealing duty;

    @Inject
    Progress progress;

    /** A tick never throws: that would end the timer. */
    @Schedule(hour = "*", minute = "*", second = "*/5", persistent = false)
    public void tick() {
        if (!progress.isStarted() || !sealing.compareAndSet(false, true)) {
            return;
        }
        try {
            duty.sealIfDue();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "HLDF0702W: no events are sealed; the next tick tries again", e);
        } finally {
            sealing.set(false);
        }
    }
}
