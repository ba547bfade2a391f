package dev.holdfast.bench;

import dev.holdfast.testkit.HoldfastServer;
import java.time.Duration;
import java.util.Locale;

/**
 * How long a node takes from its command to ready: where the database is made first, after a tidy stop, and after a kill -9,
 * when Liberty works out once more which bundles make up its features. Then what an idle node takes, minute by minute.
 */
public final class Starts {
    private static final int TIMES = 3;
    private static final int IDLE_MINUTES = 4;

    private final House house = new House();
    private final HoldfastServer server = house.node("bench");

    public static void main(String[] args) throws InterruptedException {
        var bench = new Starts();
        try (bench.house) {
            bench.start("database made first");
            for (int i = 0; i < TIMES; i++) {
                bench.server.kill();
                bench.start("after a kill");
            }
            for (int i = 0; i < TIMES; i++) {
                bench.server.stop();
                bench.start("after a tidy stop");
            }
            for (int i = 0; i < IDLE_MINUTES; i++) {
                System.out.println(
                        Costs.idle(bench.server.jvm().orElseThrow(), bench.house.rows(), Duration.ofMinutes(1)));
            }
        }
    }

    private void start(String how) {
        long begun = System.nanoTime();
        server.start();
        System.out.printf(Locale.ROOT, "%s: ready after %.1f s%n", how, (System.nanoTime() - begun) / 1e9);
    }
}
