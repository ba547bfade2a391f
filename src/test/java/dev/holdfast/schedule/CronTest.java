package dev.holdfast.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void aTimeThatSpringSkipsIsMadeUpForAtTheEndOfTheGap() {
        assertThat(firings("30 2 * * *", "2026-03-28T12:00:00Z", 3))
                .containsExactly("2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z");
    }

    @Test
    void aTimeThatAutumnShowsTwiceFiresOnce() {
        assertThat(firings("30 2 * * *", "2026-10-24T12:00:00Z", 2))
                .containsExactly("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    }

    @Test
    void whatRecursWithinTheHourGoesOnThroughBoth() {
        assertThat(firings("*/30 * * * *", "2026-10-24T23:45:00Z", 5))
                .containsExactly(
                        "2026-10-25T00:00:00Z",
                        "2026-10-25T00:30:00Z",
                        "2026-10-25T01:00:00Z",
                        "2026-10-25T01:30:00Z",
                        "2026-10-25T02:00:00Z");
        assertThat(firings("*/30 * * * *", "2026-03-29T00:15:00Z", 3))
                .containsExactly("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z");
    }

    @Test
    void aGapBetweenTwoFiringsOfOtherTimesChangesNothing() {
        assertThat(firings("0 9 * * MON-FRI", "2026-03-27T12:00:00Z", 1)).containsExactly("2026-03-30T07:00:00Z");
        assertThat(firings("30 2 1 * *", "2026-03-15T12:00:00Z", 1)).containsExactly("2026-04-01T00:30:00Z");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/10 * * * * *   | 2026-01-01T00:00:05Z | 2026-01-01T00:00:10Z",
                "0 0 29 2 *       | 2026-01-01T00:00:00Z | 2028-02-28T23:00:00Z",
                "0 0 13 * 5       | 2026-02-01T00:00:00Z | 2026-02-05T23:00:00Z",
                "59 23 31 12 *    | 2026-12-31T22:59:00Z | 2027-12-31T22:59:00Z",
                "0 0 * * 0        | 2026-11-20T00:00:00Z | 2026-11-21T23:00:00Z",
                "0 0 * * 7        | 2026-11-20T00:00:00Z | 2026-11-21T23:00:00Z",
            })
    void firesAtTheNextTimeAfter(String expression, Instant after, Instant expected) {
        assertThat(Cron.of(expression, BERLIN).after(after)).contains(expected);
    }

    @Test
    void itsLastTimeIncludesTheTimeItself() {
        var cron = Cron.of("0 * * * *", ZoneId.of("UTC"));
        var noon = Instant.parse("2026-11-22T12:00:00Z");

        assertThat(cron.upTo(noon)).contains(noon);
        assertThat(cron.upTo(noon.minusMillis(1))).contains(Instant.parse("2026-11-22T11:00:00Z"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "60 * * * *",
                "* * * * * * *",
                "a b c d e",
                "@daily",
                "0 0 L * *",
                "*/0 * * * *",
                "5-1 * * * *"
            })
    void whatIsNoCronExpressionIsRefusedInPlainWords(String expression) {
        assertThatThrownBy(() -> Cron.of(expression, BERLIN))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .isNotBlank()
                .doesNotContain("cronutils", "Exception");
    }

    private static List<String> firings(String expression, String from, int count) {
        var cron = Cron.of(expression, BERLIN);
        var times = new ArrayList<String>();
        var time = ZonedDateTime.parse(from).toInstant();
        for (int i = 0; i < count; i++) {
            time = cron.after(time).orElseThrow();
            times.add(time.toString());
        }
        return times;
    }
}
