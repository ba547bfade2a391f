package dev.holdfast.bench;

import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Locale;

/**
 * How claims, lists and sweeps grow with what is stored: 10,000 ended runs, and ten times as many each time, up to
 * {@code -Dbench.stored}. Half of them, and ten thousand in flight, are the tenant's that is asked.
 */
public final class Growth {
    private static final int LEAST = 10_000;
    private static final int MOST = Integer.getInteger("bench.stored", 10_000_000);
    private static final int IN_FLIGHT = 20_000;
    private static final int WARM_UP = 3_000;
    private static final int TIMES = 1_000;
    private static final int PAGES = 200;
    private static final int SWEEPS = 15;
    private static final String ROW = "%12s %9s %9s %9s %9s %9s %9s %9s %9s%n";

    private final House house = new House();
    private final Rows rows = house.rows();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_SWEEP_INTERVAL", "PT1S");

    public static void main(String[] args) throws IOException {
        var bench = new Growth();
        try (bench.house) {
            bench.run();
        }
    }

    private void run() throws IOException {
        server.start();
        var stock = new Stock(rows, MOST);
        stock.inFlight(IN_FLIGHT);
        rows.execute("create table commits (number int)");
        warmUp();
        System.out.printf("Milliseconds: medians, of lists 95 of 100.%n");
        System.out.printf(
                ROW, "stored", "commit", "submit", "claim", "complete", "newest", "a lane's", "failed", "sweep");
        for (int stored = LEAST; stored <= MOST; stored *= 10) {
            stock.terminal(stored);
            stock.settle();
            measure(stored);
        }
    }

    private void warmUp() throws IOException {
        try (var calls = new Calls(server.uri(), House.KEY, "grown")) {
            live(calls, WARM_UP);
        }
    }

    /** By connections of its own: none lives as long as it takes to store millions. */
    private void measure(int stored) throws IOException {
        try (var calls = new Calls(server.uri(), House.KEY, "grown");
                var line = new HttpLine(server.uri())) {
            var lives = live(calls, TIMES);
            System.out.printf(
                    ROW,
                    String.format(Locale.ROOT, "%,d", stored),
                    shown(commit()),
                    shown(lives.submits.millis(0.5)),
                    shown(lives.claims.millis(0.5)),
                    shown(lives.completions.millis(0.5)),
                    shown(list(line, "/runs?limit=50")),
                    shown(list(line, "/runs?limit=50&lane=bench-3&state=completed")),
                    shown(list(line, "/runs?limit=50&state=failed")),
                    shown(sweep()));
        }
    }

    private record Lives(Latencies submits, Latencies claims, Latencies completions) {}

    private static Lives live(Calls calls, int times) throws IOException {
        var lives = new Lives(new Latencies(), new Latencies(), new Latencies());
        for (int i = 0; i < times; i++) {
            long begun = System.nanoTime();
            calls.submit();
            long submitted = System.nanoTime();
            var claim = calls.claim(1).get(0);
            long claimed = System.nanoTime();
            calls.complete(claim);
            lives.submits.add(submitted - begun);
            lives.claims.add(claimed - submitted);
            lives.completions.add(System.nanoTime() - claimed);
        }
        return lives;
    }

    private static double list(HttpLine line, String path) throws IOException {
        var times = new Latencies();
        for (int i = -PAGES / 2; i < PAGES; i++) {
            long begun = System.nanoTime();
            line.get(path, House.KEY);
            if (i >= 0) {
                times.add(System.nanoTime() - begun);
            }
        }
        return times.millis(0.95);
    }

    /** What each call waits for whatever else it does: until the least that there is to write is on disk. */
    private double commit() {
        var times = new Latencies();
        try (var connection = rows.transaction();
                var writing = connection.prepareStatement("insert into commits values (1)")) {
            for (int i = 0; i < TIMES; i++) {
                writing.execute();
                long begun = System.nanoTime();
                connection.commit();
                times.add(System.nanoTime() - begun);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return times.millis(0.5);
    }

    /** The times of sweeps that find nothing, as the reaper notes them. */
    private double sweep() {
        var times = new Latencies();
        for (int i = 0; i < SWEEPS; i++) {
            times.add((long) (Sweep.next(rows) * 1e6));
        }
        return times.millis(0.5);
    }

    private static String shown(double millis) {
        return String.format(Locale.ROOT, "%.1f", millis);
    }
}
