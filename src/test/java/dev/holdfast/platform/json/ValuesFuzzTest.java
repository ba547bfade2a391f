package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;

/** The texts of durations, times and ids: what is taken says the same when it is said again, and stays within its bounds. */
class ValuesFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void I10_whatIsTakenIsTakenAgain(byte[] bytes) {
        var text = new String(bytes, StandardCharsets.UTF_8);
        for (var form : new String[] {text, "P" + text, "PT" + text + "S", "2026-01-31T09:30:00" + text}) {
            if (said(Values::duration, form) instanceof Duration duration) {
                assertThat(duration).isBetween(Duration.ZERO, Duration.ofDays(36_500));
                assertThat(Values.duration(duration.toString())).isEqualTo(duration);
            }
            if (said(Values::time, form) instanceof Instant time) {
                assertThat(Values.time(time.toString())).isEqualTo(time);
            }
            var id = said(Values::id, form);
            assertThat(id == null ? null : id.toString()).isEqualTo(id == null ? null : form.toLowerCase());
        }
    }

    /** Null if it is refused. */
    private static Object said(Function<String, ?> parse, String text) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException refused) {
            return null;
        }
    }
}
