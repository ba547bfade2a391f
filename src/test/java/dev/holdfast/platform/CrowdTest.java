package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CrowdTest {
    private static final int MANY = Crowd.MANY;
    private static final int FEW = MANY - 1;

    @Test
    void whoWaitsIsPatientHoweverSlowlyOthersMoveAndNotForEver() {
        assertThat(patience("PT0S", "PT0S", FEW)).isEqualTo("PT10S");
        assertThat(patience("PT4S", "PT3S", FEW)).isEqualTo("PT6S");
        assertThat(patience("PT10S", "PT0S", FEW)).isEqualTo("PT0S");
    }

    @Test
    void whoComesWhereNothingHasMovedForLongIsRefusedAtOnce() {
        assertThat(patience("PT0S", "PT9S", FEW)).isEqualTo("PT1S");
        assertThat(patience("PT0S", "PT10S", FEW)).isEqualTo("PT0S");
        assertThat(patience("PT0S", "PT60S", FEW)).startsWith("PT-");
    }

    @Test
    void whereManyWaitNobodyWaitsLong() {
        assertThat(patience("PT0.9S", "PT0S", MANY)).isEqualTo("PT0.1S");
        assertThat(patience("PT1S", "PT0S", MANY)).isEqualTo("PT0S");
        assertThat(patience("PT0S", "PT1S", MANY)).isEqualTo("PT0S");
    }

    private static String patience(String waited, String still, int before) {
        long left = Crowd.patience(
                Duration.parse(waited).toNanos(), Duration.parse(still).toNanos(), before);
        return Duration.ofNanos(left).toString();
    }
}
