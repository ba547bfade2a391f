package dev.holdfast.platform.database;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** At a start the database may be starting as well, or be full for a moment: a node tries again for a while, and says so once. */
public final class Patience {
    private static final Logger LOG = Logger.getLogger(Patience.class.getName());
    private static final Patience OF_A_START = new Patience(Duration.ofSeconds(60), Duration.ofMillis(500));

    private final Duration inAll;
    private final Duration rest;

    Patience(Duration inAll, Duration rest) {
        this.inAll = inAll;
        this.rest = rest;
    }

    public static Patience ofAStart() {
        return OF_A_START;
    }

    /**
     * What {@code steps} give, which may be begun anew as often as it takes.
     *
     * @throws RuntimeException theirs: at once, if the fault is none that passes by itself; else the last one
     */
    public <T> T until(Supplier<T> steps) {
        long began = System.nanoTime();
        for (boolean said = false; ; said = true) {
            try {
                return steps.get();
            } catch (RuntimeException fault) {
                if (!ExpectedErrors.passes(fault) || System.nanoTime() - began >= inAll.toNanos()) {
                    throw fault;
                }
                if (!said) {
                    LOG.log(
                            Level.WARNING,
                            "HLDF0211W: The database does not let this node in yet, which tries again for up to {0} s: {1}",
                            new Object[] {inAll.toSeconds(), fault.getMessage()});
                }
                rest(fault);
            }
        }
    }

    private void rest(RuntimeException fault) {
        try {
            Thread.sleep(rest.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw fault;
        }
    }
}
