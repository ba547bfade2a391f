package dev.holdfast.schedule;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A schedule as it is.
 *
 * @param type of its runs; null for none @param input of its runs, as JSON; null for none
 * @param nextAt null while disabled, or if it never fires again
 * @param lastFiredAt the time that the last run was due at; null before the first
 * @param skipped firings that made no run: the former was still active, or they were missed and not caught up
 */
record Schedule(
        @JsonIgnore UUID tenant,
        String name,
        String lane,
        String type,
        String cron,
        String timeZone,
        @JsonRawValue String input,
        Overlap overlap,
        CatchUp catchUp,
        boolean enabled,
        Instant nextAt,
        Instant lastFiredAt,
        UUID lastRunId,
        long skipped,
        Instant createdAt,
        long version) {
    private static final int SHOWN = 5;

    /** The next firings, the first at {@link #nextAt}. */
    @JsonProperty
    List<Instant> nextFirings() {
        var times = new ArrayList<Instant>();
        for (var next = nextAt;
                next != null && times.size() < SHOWN;
                next = clock().after(next).orElse(null)) {
            times.add(next);
        }
        return times;
    }

    Cron clock() {
        return Cron.of(cron, ZoneId.of(timeZone));
    }
}
