package dev.holdfast.bench;

import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How soon retention removes what is due, and what that costs others meanwhile: 1,000,000 ended runs with three events
 * each, 20,000 in flight, 100 calls a second; a fifth of the ended ones become due at once.
 */
public final class RetentionAtScale {
    private static final int STORED = 1_000_000;
    private static final int EVENTS_EACH = 3;
    private static final int IN_FLIGHT = 20_000;
    private static final int CLIENTS = 16;
    private static final int CALLS_A_SECOND = 100;
    private static final Duration STRETCH = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofMinutes(20);

    // The ended ones are spread evenly over 1,500,000 s.
    private static final String A_FIFTH_IS_DUE = "update lanes set retention = 'PT1200000S' where name like 'bench-%'";

    private static final String DUE = """
            select count(*) from runs r join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
            where r.ended_at <= now() - p.retention""";

    private static final String LANES_BEHIND = """
            select count(*) from lanes p where exists (
                select from runs r where r.tenant_id = p.tenant_id and r.lane = p.name and r.ended_at <= now() - p.retention)""";

    private final House house = new House();
    private final Rows rows = house.rows();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_SWEEP_INTERVAL", "PT1S");

    public static void main(String[] args) throws Exception {
        var bench = new RetentionAtScale();
        try (bench.house) {
            bench.run();
        }
    }

    private void run() throws Exception {
        server.start();
        var stock = new Stock(rows, STORED, EVENTS_EACH);
        stock.inFlight(IN_FLIGHT);
        stock.terminal(STORED);
        stock.settle();
        paced(STRETCH); // warm-up
        say("nothing due: %s", paced(STRETCH));
        var removed = new AtomicBoolean();
        rows.execute(A_FIFTH_IS_DUE);
        long due = rows.count(DUE);
        long begun = System.nanoTime();
        var longest = CompletableFuture.supplyAsync(() -> longestSweepUntil(removed));
        var seconds = CompletableFuture.supplyAsync(() -> {
            try {
                await().pollInterval(Duration.ofMillis(200))
                        .atMost(PATIENCE)
                        .until(() -> rows.count(LANES_BEHIND) == 0);
                return (System.nanoTime() - begun) / 1e9;
            } finally {
                removed.set(true);
            }
        });
        while (!removed.get()) {
            say("while it removes: %s", paced(STRETCH));
        }
        say(
                "%,d runs with %d events each removed in %.1f s: %,.0f a second; the longest sweep took %,.0f ms",
                due, EVENTS_EACH, seconds.get(), due / seconds.get(), longest.get());
        rows.assertInvariants();
    }

    private double longestSweepUntil(AtomicBoolean over) {
        double longest = 0;
        while (!over.get()) {
            longest = Math.max(longest, Sweep.next(rows));
        }
        return longest;
    }

    private String paced(Duration time) throws Exception {
        var calls = new Scenarios(server.uri(), House.KEY, null);
        var times = Load.run(calls::paced, CLIENTS, CALLS_A_SECOND, time).latencies();
        return String.format(
                Locale.ROOT,
                "%d calls a second, p50 %.1f ms, p99 %.1f ms",
                CALLS_A_SECOND,
                times.millis(0.5),
                times.millis(0.99));
    }

    private static void say(String text, Object... values) {
        System.out.printf(Locale.ROOT, text + "%n", values);
    }
}
