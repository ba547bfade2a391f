package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What ended in each minute, as bars on a ground of {@value #WIDTH} by {@value #HEIGHT}, one above the other.
 *
 * @param most the number at the top
 * @param submitted points of a line: what was submitted
 */
record Chart(long most, List<Bar> bars, String submitted, long ended, long failed, long arrived) {
    private static final int WIDTH = 600;
    private static final int HEIGHT = 120;
    private static final String[] ENDS = {"completed", "failed", "cancelled"};

    /** @param kind the state that its runs ended in */
    record Bar(String kind, double x, double y, double width, double height) {}

    static Chart of(JsonNode minutes) {
        long most = 1;
        long arrived = 0;
        long ended = 0;
        long failed = 0;
        for (var minute : minutes) {
            long ends = 0;
            for (var end : ENDS) {
                ends += minute.path(end).asLong();
            }
            most = Math.max(most, Math.max(ends, minute.path("submitted").asLong()));
            arrived += minute.path("submitted").asLong();
            ended += ends;
            failed += minute.path("failed").asLong();
        }
        most = rounded(most);
        double step = WIDTH / (double) Math.max(1, minutes.size());
        var bars = new ArrayList<Bar>();
        var line = new StringBuilder();
        for (int i = 0; i < minutes.size(); i++) {
            double top = HEIGHT;
            for (var end : ENDS) {
                double height = scaled(minutes.get(i).path(end).asLong(), most);
                if (height > 0) {
                    top -= height;
                    bars.add(new Bar(end, tenth(i * step + 1), tenth(top), tenth(step - 2), tenth(height)));
                }
            }
            double y = HEIGHT - scaled(minutes.get(i).path("submitted").asLong(), most);
            line.append(tenth((i + .5) * step)).append(',').append(tenth(y)).append(' ');
        }
        return new Chart(most, bars, line.toString().trim(), ended, failed, arrived);
    }

    private static double scaled(long runs, long most) {
        return runs * (double) HEIGHT / most;
    }

    private static double tenth(double number) {
        return Math.round(number * 10) / 10.0;
    }

    /** Up to 1, 2 or 5 of some power of ten. */
    private static long rounded(long number) {
        long power = 1;
        while (power * 10 < number) {
            power *= 10;
        }
        for (long factor : new long[] {1, 2, 5}) {
            if (number <= factor * power) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
