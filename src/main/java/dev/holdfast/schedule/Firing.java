package dev.holdfast.schedule;

import java.time.Duration;
import java.time.Instant;

/**
 * What shall become of a schedule that is due.
 *
 * @param at the time that its run is for; null if none shall be made
 * @param next when it is due again; null for never
 */
record Firing(Instant at, Instant next) {
    /** Found later than so, a firing was missed: no node was there to see it. */
    static final Duration GRACE = Duration.ofMinutes(1);

    /** @param due the time that the schedule waits for, not after now @param now the database's */
    static Firing of(Cron cron, CatchUp catchUp, Instant due, Instant now) {
        var missedUpTo = now.minus(GRACE);
        if (catchUp == CatchUp.ALL || due.isAfter(missedUpTo)) {
            return new Firing(due, cron.after(due).orElse(null));
        }
        var last = cron.upTo(missedUpTo).filter(time -> time.isAfter(due)).orElse(due);
        return new Firing(catchUp == CatchUp.ONE ? last : null, cron.after(last).orElse(null));
    }
}
