package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BucketsTest {
    private static final long SECOND = 1_000_000_000;

    private long now = Long.MAX_VALUE - SECOND; // such a clock may well run over
    private final Buckets buckets = new Buckets(2, 3, now);

    @Test
    void givesABurstAndThenASteadyRate() {
        assertThat(taken("a", 5)).isEqualTo(3);
        now += SECOND;
        assertThat(taken("a", 5)).isEqualTo(2);
        now += SECOND / 2;
        assertThat(taken("a", 5)).isEqualTo(1);
        now += 100 * SECOND;
        assertThat(taken("a", 5)).as("no more than the burst, however long").isEqualTo(3);
    }

    @Test
    void saysHowLongToWaitAndKeepsToIt() {
        taken("a", 3);
        now += SECOND / 4;
        var wait = buckets.take("a", now);
        assertThat(wait).isEqualTo(Duration.ofMillis(250));
        assertThat(buckets.take("a", now + wait.toNanos() - 1)).isPositive();
        assertThat(buckets.take("a", now + wait.toNanos())).isZero();
    }

    @Test
    void whatIsGivenBackCanBeTakenAgainAndNoMore() {
        taken("a", 3);
        buckets.giveBack("a");
        buckets.giveBack("nobody");
        assertThat(taken("a", 3)).isEqualTo(1);
        now += 100 * SECOND;
        buckets.giveBack("a");
        assertThat(taken("a", 5)).isEqualTo(3);
    }

    @Test
    void keepsCallersApart() {
        assertThat(taken("a", 4)).isEqualTo(3);
        assertThat(taken("b", 4)).isEqualTo(3);
    }

    @Test
    void forgetsWhoHasBeenQuiet() {
        IntStream.range(0, Buckets.MANY).forEach(i -> buckets.take(i, now));
        taken("busy", 3);
        now += SECOND;
        assertThat(taken("busy", 3)).as("not among the forgotten").isEqualTo(2);
        assertThat(buckets.known()).isEqualTo(1);
    }

    private long taken(Object caller, int times) {
        return IntStream.range(0, times)
                .filter(i -> buckets.take(caller, now).isZero())
                .count();
    }
}
