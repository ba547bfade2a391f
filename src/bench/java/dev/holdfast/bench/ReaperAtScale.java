package dev.holdfast.bench;

import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * How long a sweep takes with 100,000 leases, by what is stale and by what is stored, and what its statements read.
 *
 * <p>The sweeps are the timer's, of a running node that sweeps each second; their times are those that the reaper itself
 * notes, from its first word to its last, history included.
 */
public final class ReaperAtScale {
    private static final int IN_FLIGHT = 100_000;
    private static final int QUEUED = 100_000;
    private static final int[] STORED = {100_000, 1_000_000};
    private static final int[] STALE = {10, 1_000, 10_000, IN_FLIGHT};
    private static final int TRIALS = 3;
    private static final int IDLE_SWEEPS = 15;

    /** A sixth use of a prepared statement is the first that PostgreSQL may plan once for all. */
    private static final int UNTIL_PLANNED_FOR_GOOD = 10;

    private static final Map<String, Predicate<String>> SWEEP = new LinkedHashMap<>();
    private static final Map<String, Predicate<String>> READS = new LinkedHashMap<>();

    static {
        SWEEP.put("breaker", sql -> sql.contains("update lanes held"));
        for (var phase : List.of("leases", "timers", "queue", "runs", "keys", "retention")) {
            SWEEP.put(
                    phase + ", find",
                    sql -> sql.contains("'" + phase + "' as phase") && sql.contains("order by row_number"));
        }
        SWEEP.put("leases, reap", sql -> sql.contains("insert into verdicts") && sql.contains("'leases', rule"));
        READS.put("GET /runs?stale=true", sql -> sql.contains("order by r.submitted_at desc"));
        READS.put("GET /lanes", sql -> sql.contains("as polling") && sql.contains("order by p.name"));
        READS.put("GET /runs/{id}/explain", sql -> sql.contains("verdict_rule"));
    }

    private final House house = new House();
    private final Rows rows = house.rows();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_SWEEP_INTERVAL", "PT1S");
    private final Api api = Api.at(server.uri()).withKey(House.KEY).unchecked();
    private final Plans plans =
            new Plans(Path.of(System.getProperty("holdfast.it")).resolve("postgresql/postgresql.log"));

    public static void main(String[] args) {
        var bench = new ReaperAtScale();
        try (bench.house) {
            bench.run();
        }
    }

    private void run() {
        server.start();
        var stock = new Stock(rows);
        say("Stocking %,d leases", IN_FLIGHT);
        stock.inFlight(IN_FLIGHT);
        for (int stored : STORED) {
            say("Stocking %,d ended runs", stored);
            stock.terminal(stored);
            stock.settle();
            measure(stock, stored);
        }
        beat();
        say("%nThe plans, with %,d ended runs and nothing stale", STORED[STORED.length - 1]);
        Plans.explain(house.database());
        server.restart();
        forgetOutages();
        show(SWEEP, this::sweepsPass);
        show(READS, this::read);
        say("%nThe plans of a sweep with 1,000 stale");
        show(SWEEP, () -> reap(stock, 1_000));
        say("%nThe plans, with %,d queued under a queue's and a run's time limit besides, nothing due", QUEUED);
        stock.queued("limited-by-lane", QUEUED / 2, "null", "null");
        rows.change("""
                insert into lanes (tenant_id, name, queue_timeout, run_timeout)
                select id, 'limited-by-lane', 'PT20H', 'PT20H' from tenants""");
        rows.change("insert into lanes (tenant_id, name) select id, 'limited-by-run' from tenants");
        stock.queued("limited-by-run", QUEUED / 2, "interval 'PT20H'", "interval 'PT20H'");
        stock.settle();
        show(SWEEP, this::sweepsPass);
        show(READS, this::read);
        rows.assertInvariants();
    }

    private void measure(Stock stock, int stored) {
        say("%n%,d ended runs, %,d leases%n%10s  %10s", stored, IN_FLIGHT, "stale", "sweep, ms");
        say("%10d  %10.0f", 0, median(idle()));
        for (int stale : STALE) {
            reap(stock, stale);
            var times = new ArrayList<Double>();
            for (int trial = 0; trial < TRIALS; trial++) {
                times.add(reap(stock, stale));
            }
            say(
                    "%,10d  %10.0f  of %s",
                    stale,
                    median(times),
                    times.stream().map(time -> "%.0f".formatted(time)).toList());
        }
    }

    /** The times of sweeps that find nothing, as the reaper notes them. */
    private List<Double> idle() {
        var times = new ArrayList<Double>();
        for (int i = 0; i < IDLE_SWEEPS; i++) {
            times.add(Sweep.next(rows));
        }
        return times;
    }

    private void sweepsPass() {
        for (int i = 0; i < UNTIL_PLANNED_FOR_GOOD; i++) {
            Sweep.next(rows);
        }
    }

    /**
     * Makes so many leases stale at once, lets the timer's sweep reap them, or as many sweeps as it takes, and puts all back.
     *
     * @return from the beginning of the first to the end of the last; a sweep that only held the lanes is none of them
     */
    private double reap(Stock stock, int stale) {
        var since = rows.one("select now() as now").get("now");
        stock.makeStale(stale);
        forgetOutages();
        var millis = await().pollInterval(Duration.ofMillis(50))
                .atMost(Duration.ofMinutes(2))
                .until(
                        () -> rows.all("""
                                select extract(epoch from max(ended_at) - min(started_at)) * 1000 as millis
                                from sweeps where started_at > ? and cleaned_up > 0
                                having sum(cleaned_up) = ? and sum(failed) = 0""", since, stale),
                        // Its history is kept tenant by tenant: it is whole when the numbers add up.
                        found -> !found.isEmpty())
                .get(0)
                .get("millis");
        Sweep.next(rows);
        stock.claimAll();
        return ((Number) millis).doubleValue();
    }

    /** A restart, or a machine that did something else for two seconds, gives all owners two hours more. */
    private void forgetOutages() {
        rows.change("update reaper set judging_since = null");
    }

    /** Beats for each lease of a tenant twice, and says how many of the updates were HOT. */
    private void beat() {
        var leases = rows.all("""
                select run_id, fence from leases join tenants t on t.id = tenant_id where t.name = 'default' order by md5(run_id::text)""");
        long updates = updates("n_tup_upd");
        long hot = updates("n_tup_hot_upd");
        for (int round = 0; round < 2; round++) {
            for (int from = 0; from < leases.size(); from += 1_000) {
                var beats = leases.subList(from, Math.min(leases.size(), from + 1_000)).stream()
                        .map(lease -> Map.of("runId", lease.get("run_id"), "fence", lease.get("fence")))
                        .toList();
                api.post("/api/v1/heartbeats", Map.of("beats", beats)).expect(200);
            }
        }
        int sent = 2 * leases.size();
        await().atMost(Duration.ofMinutes(1)).until(() -> updates("n_tup_upd") >= updates + sent);
        say(
                "%nOf %,d heartbeats %.1f %% were HOT updates",
                sent, 100.0 * (updates("n_tup_hot_upd") - hot) / (updates("n_tup_upd") - updates));
    }

    private long updates(String counter) {
        return rows.count("select " + counter + " from pg_stat_user_tables where relname = 'leases'");
    }

    private void read() {
        var run = rows.one("""
                select run_id from leases l join tenants t on t.id = l.tenant_id where t.name = 'default' limit 1""").get("run_id");
        IntStream.range(0, UNTIL_PLANNED_FOR_GOOD).forEach(i -> {
            api.get("/api/v1/runs?stale=true").expect(200);
            api.get("/api/v1/lanes").expect(200);
            api.get("/api/v1/runs/" + run + "/explain").expect(200);
        });
    }

    private void show(Map<String, Predicate<String>> names, Runnable work) {
        long mark = plans.mark();
        work.run();
        plans.since(mark, names)
                .forEach((name, plan) -> say(
                        "  %s: %.1f ms, %,d pages; looked at %,d runs, %,d leases%s%n%s",
                        name,
                        plan.millis(),
                        plan.buffers(),
                        plan.read("runs"),
                        plan.read("leases"),
                        plan.scans("runs") ? "; SCANS ALL RUNS" : "",
                        plan));
    }

    private static double median(List<Double> times) {
        return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
    }

    private static void say(String text, Object... values) {
        System.out.printf(Locale.ROOT, text + "%n", values);
    }
}
