package dev.holdfast.platform.database;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Says why callers are told that the database cannot answer: the first time, and during an outage once in a while. */
final class Distress {
    private static final Logger LOG = Logger.getLogger(Distress.class.getName());
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final AtomicLong saidAt = new AtomicLong(System.nanoTime() - REST_NANOS);
    private final AtomicLong unsaid = new AtomicLong();

    void say(String why) {
        long now = System.nanoTime();
        long last = saidAt.get();
        if (now - last < REST_NANOS || !saidAt.compareAndSet(last, now)) {
            unsaid.incrementAndGet();
            return;
        }
        LOG.log(
                Level.WARNING,
                "HLDF0212W: a call was answered with 503 database_unavailable: {0} ({1} more since this was last said)",
                new Object[] {why.lines().findFirst().orElse(""), unsaid.getAndSet(0)});
    }
}
