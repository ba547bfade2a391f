package dev.holdfast.bench;

import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.TestPostgres;
import java.time.Duration;
import java.util.Locale;

/**
 * How long a node takes from its command to ready: where the database is made first, after a kill -9, when Liberty works
 * out once more which bundles make up its features, and after a tidy stop. Then what an idle node takes, minute by minute.
 *
 * <p>The first of them begins with what Liberty had worked out for another server, as all servers of the tests and benches.
 */
public final class Starts {
    private static final int TIMES = 3;
    private static final int IDLE_MINUTES = 4;

    private final House house = new House();
    private final HoldfastServer server = house.node("bench");

    public static void main(String[] args) throws InterruptedException {
        var bench = new Starts();
        try (bench.house) {
            prepare();
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

    /** The first server of all makes what the others begin with. */
    private static void prepare() {
        var database = TestPostgres.shared().newDatabase();
        HoldfastServer.named("first-of-all").on(database).start().kill();
        TestPostgres.shared().drop(database);
    }

    private void start(String how) {
        long begun = System.nanoTime();
        server.start();
        System.out.printf(Locale.ROOT, "%s: ready after %.1f s%n", how, (System.nanoTime() - begun) / 1e9);
    }
}
