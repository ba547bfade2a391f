package dev.holdfast.examples.inventory;

import java.io.PrintStream;
import java.util.Locale;

/** How far it is: one line that is written over on a terminal, a line every so often elsewhere. */
final class ProgressLine {
    private static final long ELSEWHERE_EVERY = 2_000_000_000L;

    private final PrintStream out;
    private final boolean terminal;
    private final long start = System.nanoTime();
    private long lastShown;
    private int width;

    ProgressLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastShown = start - ELSEWHERE_EVERY;
    }

    void show(Tally tally) {
        if (terminal) {
            String line = text(tally);
            out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            out.flush();
            width = line.length();
        } else if (System.nanoTime() - lastShown >= ELSEWHERE_EVERY) {
            lastShown = System.nanoTime();
            out.println(text(tally));
        }
    }

    /** Says something in between, on a line of its own. */
    void say(String text) {
        end();
        out.println(text);
    }

    void end() {
        if (width > 0) {
            out.println();
            width = 0;
        }
    }

    private String text(Tally tally) {
        return String.format(
                Locale.ROOT,
                "%d of %d completed, %d in flight, %d queued, %d failed, %.0f runs/s",
                tally.completed(),
                tally.submitted(),
                tally.inFlight().size(),
                tally.queued(),
                tally.failed(),
                tally.completed() / seconds());
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }
}
