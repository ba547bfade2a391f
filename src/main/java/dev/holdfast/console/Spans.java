package dev.holdfast.console;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 90 s}, {@code 1 h 30 min}, {@code 30 d}; to the API in ISO 8601. */
final class Spans {
    private static final List<String> UNITS = List.of("d", "h", "min", "s", "ms");
    private static final long[] MILLIS = {86_400_000, 3_600_000, 60_000, 1000, 1};

    private static final Pattern PART = Pattern.compile("(\\d{1,9})\\s*(ms|min|m|s|h|d)\\s*");
    private static final Pattern WHOLE = Pattern.compile("(?:" + PART.pattern() + ")+");

    private Spans() {}

    /** To the millisecond. @param iso what cannot be read is given back as it is */
    static String said(String iso) {
        try {
            long rest = Duration.parse(iso).toMillis();
            var parts = new ArrayList<String>();
            for (int i = 0; i < MILLIS.length; i++) {
                if (rest >= MILLIS[i]) {
                    parts.add(rest / MILLIS[i] + " " + UNITS.get(i));
                    rest %= MILLIS[i];
                }
            }
            return parts.isEmpty() ? "0 s" : String.join(" ", parts);
        } catch (DateTimeException | ArithmeticException e) {
            return iso;
        }
    }

    /** What is not so written goes on as it is: it may be ISO 8601, and if not the API says what is wrong. */
    static String iso(String said) {
        if (!WHOLE.matcher(said.strip()).matches()) {
            return said.strip();
        }
        var sum = Duration.ZERO;
        var part = PART.matcher(said);
        while (part.find()) {
            var unit = part.group(2).equals("m") ? "min" : part.group(2);
            sum = sum.plusMillis(Long.parseLong(part.group(1)) * MILLIS[UNITS.indexOf(unit)]);
        }
        return sum.toString();
    }
}
