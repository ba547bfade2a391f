package dev.holdfast.reaper;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.holdfast.run.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * What one sweep did, always in the same shape. A row that another party moved meanwhile is counted nowhere.
 *
 * @param total {@code cleanedUp + failed}
 * @param phases each phase that was asked for, in order
 * @param verdicts null where a list leaves them out
 */
@JsonPropertyOrder({
    "sweepId",
    "trigger",
    "actor",
    "node",
    "dryRun",
    "startedAt",
    "endedAt",
    "cleanedUp",
    "failed",
    "total",
    "phases",
    "verdicts"
})
public record Sweep(
        UUID sweepId,
        Trigger trigger,
        String actor,
        String node,
        boolean dryRun,
        Instant startedAt,
        Instant endedAt,
        int cleanedUp,
        int failed,
        int total,
        Map<String, Count> phases,
        List<Verdict> verdicts) {

    /** This sweep with its first verdicts only; without any if none are wanted. */
    Sweep withVerdicts(int most) {
        return new Sweep(
                sweepId,
                trigger,
                actor,
                node,
                dryRun,
                startedAt,
                endedAt,
                cleanedUp,
                failed,
                total,
                phases,
                most == 0 ? null : verdicts.subList(0, Math.min(most, verdicts.size())));
    }

    /** Of one phase. @param failed rows that the database refused to move, and a phase that broke as a whole as one */
    public record Count(int cleanedUp, int failed) {
        Count plus(Count other) {
            return new Count(cleanedUp + other.cleanedUp, failed + other.failed);
        }
    }

    /** Who called for it. */
    public enum Trigger {
        START,
        TIMER,
        API,
        JMX;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Trigger of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }

        /** Whether a person asked: then the breaker does not hold back, and the sweep is kept though it found nothing. */
        boolean byPerson() {
            return this == API || this == JMX;
        }
    }
}
