package dev.holdfast.bench;

import dev.holdfast.bench.Scenarios.Scenario;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * How fast Holdfast is: a packaged node on a PostgreSQL of its own, both made by this program, and beside them in the same
 * run the bare statements of the same work. {@code mvn -Pbench}; the load comes from this process, so all share the machine.
 *
 * <p>{@code -Dbench.only=life.*} takes the scenarios of that pattern, {@code -Dbench.short=true} one round of few seconds
 * instead of three. The table is of medians; it is left as JSON and as a chart in {@code target/bench} too.
 */
public final class Bench {
    private static final boolean SHORT = Boolean.getBoolean("bench.short");
    private static final Pattern ONLY = Pattern.compile(System.getProperty("bench.only", ".*"));
    private static final Duration WARM_UP = Duration.parse(System.getProperty("bench.warmUp", "PT30S"));
    private static final Duration TIME = Duration.parse(System.getProperty("bench.time", SHORT ? "PT5S" : "PT10S"));
    private static final int ROUNDS = SHORT ? 1 : 3;
    private static final Duration IDLE = Duration.ofSeconds(SHORT ? 5 : 30);
    private static final int WARMING = 16;

    private final House house = new House();
    private final Rows rows = house.rows();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_DB_POOL_SIZE", "20");

    /** What is measured beside Holdfast. */
    @FunctionalInterface
    interface Others {
        List<Scenario> on(TestPostgres.Database database) throws Exception;
    }

    public static void main(String[] args) throws Exception {
        main(database -> List.of());
    }

    static void main(Others others) throws Exception {
        var bench = new Bench();
        try (bench.house) {
            bench.run(others);
        }
    }

    /** @param memory resident, of the node, once the scenario is over */
    record Measured(Scenario scenario, Load.Result result, Costs costs, long memory) {
        double micros(double all) {
            return result.items() == 0 ? 0 : all / result.items();
        }
    }

    private void run(Others others) throws Exception {
        long begun = System.nanoTime();
        server.start();
        var report = new Report(Path.of(System.getProperty("holdfast.it")));
        report.say(
                "Ready after %.1f s, %d MB. Java %s; %s of warm-up, then %d × %s",
                (System.nanoTime() - begun) / 1e9,
                Costs.megabytes(server.jvm().orElseThrow()),
                System.getProperty("java.version"),
                WARM_UP,
                ROUNDS,
                TIME);
        report.say("%s", Costs.idle(server.jvm().orElseThrow(), rows, IDLE));
        var scenarios = new Scenarios(server.uri(), House.KEY, new PostgresItself(house.database()));
        var all = new ArrayList<>(scenarios.all(SHORT));
        all.addAll(others.on(house.database()));
        Load.run(scenarios.life("warm-up", WARMING, 0).steps(), WARMING, 0, WARM_UP);
        report.head();
        for (var scenario : all) {
            if (ONLY.matcher(scenario.name()).matches()) {
                report.add(median(scenario));
            }
        }
        report.write();
        rows.assertInvariants();
    }

    private Measured median(Scenario scenario) throws Exception {
        var rounds = new ArrayList<Measured>();
        for (int i = 0; i < ROUNDS; i++) {
            var node = server.jvm().orElseThrow();
            var before = Costs.now(node, rows);
            var result = Load.run(scenario.steps(), scenario.clients(), scenario.rate(), TIME);
            rounds.add(new Measured(scenario, result, Costs.now(node, rows).since(before), Costs.megabytes(node)));
        }
        rounds.sort(Comparator.comparingDouble(round -> round.result().rate()));
        return rounds.get(ROUNDS / 2);
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.1f" : "%,.0f", value);
    }
}
