package dev.holdfast.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Optional;

/** When a schedule fires: a cron expression in a time zone. */
final class Cron {
    private static final CronDefinition FIVE_FIELDS = CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX);
    private static final CronDefinition WITH_SECONDS = withSeconds();

    private final ExecutionTime times;
    private final ZoneId zone;
    private final boolean fixedHour;

    private Cron(ExecutionTime times, ZoneId zone, boolean fixedHour) {
        this.times = times;
        this.zone = zone;
        this.fixedHour = fixedHour;
    }

    /**
     * @param expression minute, hour, day of month, month, day of week; or with seconds before them
     * @throws IllegalArgumentException in plain words, if it is none
     */
    static Cron of(String expression, ZoneId zone) {
        var fields = expression.strip().split("\\s+");
        if (fields.length != 5 && fields.length != 6) {
            throw new IllegalArgumentException(
                    "must have five fields (minute hour day month weekday) or six, seconds first");
        }
        var definition = fields.length == 5 ? FIVE_FIELDS : WITH_SECONDS;
        var times = ExecutionTime.forCron(
                new CronParser(definition).parse(expression.strip()).validate());
        var hour = fields[fields.length - 4];
        return new Cron(times, zone, !hour.contains("*"));
    }

    /** The first firing after a time; empty if there is none any more. */
    Optional<Instant> after(Instant time) {
        var next = times.nextExecution(time.atZone(zone)).map(ZonedDateTime::toInstant);
        return madeUp(time, next).or(() -> next);
    }

    /** The last firing at or before a time. */
    Optional<Instant> upTo(Instant time) {
        var second = time.truncatedTo(ChronoUnit.SECONDS).atZone(zone);
        return (times.isMatch(second) ? Optional.of(second) : times.lastExecution(second))
                .map(ZonedDateTime::toInstant);
    }

    // A day whose clock jumps over a fixed hour would pass without a firing: it fires where the gap ends.
    private Optional<Instant> madeUp(Instant time, Optional<Instant> next) {
        if (!fixedHour || next.isEmpty()) {
            return Optional.empty();
        }
        var rules = zone.getRules();
        for (var jump = rules.nextTransition(time);
                jump != null && jump.getInstant().isBefore(next.get());
                jump = rules.nextTransition(jump.getInstant())) {
            if (jump.isGap() && firesWithin(jump)) {
                return Optional.of(jump.getInstant());
            }
        }
        return Optional.empty();
    }

    private boolean firesWithin(ZoneOffsetTransition gap) {
        var start = asIfUtc(gap.getDateTimeBefore()).minusSeconds(1);
        var end = asIfUtc(gap.getDateTimeAfter());
        return times.nextExecution(start).filter(wall -> wall.isBefore(end)).isPresent();
    }

    private static ZonedDateTime asIfUtc(LocalDateTime wall) {
        return wall.atZone(ZoneOffset.UTC);
    }

    private static CronDefinition withSeconds() {
        return CronDefinitionBuilder.defineCron()
                .withSeconds()
                .withValidRange(0, 59)
                .and()
                .withMinutes()
                .withValidRange(0, 59)
                .and()
                .withHours()
                .withValidRange(0, 23)
                .and()
                .withDayOfMonth()
                .withValidRange(1, 31)
                .and()
                .withMonth()
                .withValidRange(1, 12)
                .and()
                .withDayOfWeek()
                .withValidRange(0, 7)
                .withMondayDoWValue(1)
                .withIntMapping(7, 0)
                .and()
                .instance();
    }
}
