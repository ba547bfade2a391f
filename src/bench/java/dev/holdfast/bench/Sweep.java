package dev.holdfast.bench;

import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** A sweep of the reaper's timer. */
final class Sweep {
    private static final Duration OFTEN = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Sweep() {}

    /** @return how many milliseconds the next one takes, as the reaper notes it */
    static double next(Rows rows) {
        Supplier<Map<String, Object>> state =
                () -> rows.one("select extract(epoch from last_success_at) as at, last_millis from reaper");
        var last = state.get().get("at");
        var next = await().pollInterval(OFTEN).atMost(PATIENCE).until(state::get, now -> !now.get("at")
                .equals(last));
        return ((Number) next.get("last_millis")).doubleValue();
    }
}
