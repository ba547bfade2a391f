package dev.holdfast.platform.json;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.regex.Pattern;

/** The text forms of the API's scalars, shared by bodies, query parameters and settings. */
public final class Values {
    public static final String TIME = "must be an RFC 3339 time such as \"2026-01-31T09:30:00Z\"";
    public static final String DURATION = "must be an ISO 8601 duration such as \"PT2M\" or \"P1D\"";
    public static final String ID = "must be a UUID";
    public static final String TEXT = "must be a string without the character U+0000";

    private static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
    private static final Duration LONGEST = Duration.ofDays(36_500);
    private static final Pattern UUID_FORM =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");

    // Stricter than java.time, which takes lower case, signs and times without seconds: the contract does not.
    private static final Pattern TIME_FORM =
            Pattern.compile("\\d{4}-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?([Zz]|[+-]\\d\\d:\\d\\d)");
    private static final Pattern DURATION_FORM =
            Pattern.compile("P(?=.)(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+(\\.\\d{1,9})?S)?)?");

    private static final Pattern NUMBER_FORM = Pattern.compile("[0-9]{1,19}");

    private Values() {}

    /** @throws IllegalArgumentException if the text is no RFC 3339 time between the years 1970 and 9999 */
    public static Instant time(String text) {
        requireForm(TIME_FORM, text, TIME);
        try {
            // PostgreSQL keeps microseconds: what is read back must equal what was given.
            var time = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS);
            if (time.isBefore(EARLIEST) || time.isAfter(LATEST)) {
                throw new IllegalArgumentException(TIME);
            }
            return time;
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(TIME, e);
        }
    }

    /** @throws IllegalArgumentException if the text is no ISO 8601 duration of at most a hundred years */
    public static Duration duration(String text) {
        requireForm(DURATION_FORM, text, DURATION);
        try {
            var duration = Duration.parse(text).truncatedTo(ChronoUnit.MICROS);
            if (duration.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(DURATION);
            }
            return duration;
        } catch (DateTimeException | ArithmeticException e) {
            throw new IllegalArgumentException(DURATION, e);
        }
    }

    /** @throws IllegalArgumentException if the text is not a UUID in its canonical form */
    public static UUID id(String text) {
        requireForm(UUID_FORM, text, ID);
        return UUID.fromString(text);
    }

    /** @throws IllegalArgumentException if the text is neither true nor false */
    public static boolean flag(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
        }
        return text.equals("true");
    }

    /** @throws IllegalArgumentException if the text is not 1 to 18 digits */
    public static long number(String text) {
        requireForm(NUMBER_FORM, text, "must be a number");
        return Long.parseLong(text);
    }

    private static void requireForm(Pattern form, String text, String expected) {
        if (!form.matcher(text).matches()) {
            throw new IllegalArgumentException(expected);
        }
    }

    static String text(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(TEXT); // PostgreSQL's text cannot hold it
        }
        return text;
    }
}
