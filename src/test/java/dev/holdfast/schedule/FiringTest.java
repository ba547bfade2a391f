package dev.holdfast.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiringTest {
    private static final Cron HOURLY = Cron.of("0 * * * *", ZoneId.of("UTC"));

    @ParameterizedTest(name = "{0}, due {1}, found {2}: run for {3}, then {4}")
    @CsvSource({
        "NONE, 10:00:00, 10:00:00, 10:00:00, 11:00:00",
        "NONE, 10:00:00, 10:00:59, 10:00:00, 11:00:00",
        "NONE, 10:00:00, 10:01:00,         , 11:00:00",
        "NONE, 10:00:00, 14:30:00,         , 15:00:00",
        "NONE, 10:00:00, 14:00:30,         , 14:00:00",
        "ONE,  10:00:00, 10:00:59, 10:00:00, 11:00:00",
        "ONE,  10:00:00, 10:01:00, 10:00:00, 11:00:00",
        "ONE,  10:00:00, 14:30:00, 14:00:00, 15:00:00",
        "ONE,  10:00:00, 14:00:30, 13:00:00, 14:00:00",
        "ALL,  10:00:00, 14:30:00, 10:00:00, 11:00:00",
    })
    void whatWasMissedIsCaughtUpAsTheScheduleSays(CatchUp catchUp, String due, String now, String at, String next) {
        assertThat(Firing.of(HOURLY, catchUp, time(due), time(now))).isEqualTo(new Firing(time(at), time(next)));
    }

    private static Instant time(String ofDay) {
        return ofDay == null ? null : Instant.parse("2026-11-22T" + ofDay + "Z");
    }
}
