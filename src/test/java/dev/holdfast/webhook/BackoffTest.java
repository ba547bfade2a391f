package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void theWaitsDoubleUpToAnHourAndComeToADay() {
        var random = new Random(7);
        var sum = Duration.ZERO;
        int attempts = 0;
        while (sum.compareTo(Backoff.PATIENCE) < 0) {
            var wait = Backoff.after(++attempts, null, random);
            var full = Math.min(3_600_000, 5_000L << Math.min(attempts - 1, 20));
            assertThat(wait.toMillis()).isBetween(full / 2, full);
            sum = sum.plus(wait);
        }
        assertThat(attempts).isBetween(30, 60);
    }

    @Test
    void theReceiverMayAskForLongerButNotForEver() {
        var random = new Random(7);
        assertThat(Backoff.after(1, Duration.ofMinutes(10), random)).isEqualTo(Duration.ofMinutes(10));
        assertThat(Backoff.after(1, Duration.ofDays(300), random)).isEqualTo(Duration.ofDays(1));
        assertThat(Backoff.after(20, Duration.ofSeconds(1), random)).isGreaterThan(Duration.ofMinutes(29));
    }

    @Test
    void aTimeToRetryAfterIsByTheReceiversOwnClock() {
        assertThat(RetryAfter.of("120", null)).isEqualTo(Duration.ofMinutes(2));
        assertThat(RetryAfter.of("Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:29 GMT"))
                .isEqualTo(Duration.ofSeconds(30));
        assertThat(RetryAfter.of("Fri, 31 Dec 1999 23:59:59 GMT", null)).isNull();
        assertThat(RetryAfter.of("Fri, 31 Dec 1999 23:59:59 GMT", "Sat, 1 Jan 2000 23:59:29 GMT"))
                .isNull();
        assertThat(RetryAfter.of("soon", "x")).isNull();
    }
}
