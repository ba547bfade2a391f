package dev.holdfast.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Measures a running Holdfast: clients that submit, claim and complete one run after the other, three calls a run, all in
 * one lane. Start it with {@code mvn -Pbench}; the load comes from this process, so on one machine both share its cores.
 */
public final class Bench {
    private static final int CLIENTS = Integer.getInteger("bench.clients", 16);
    private static final Duration WARM_UP = Duration.parse(System.getProperty("bench.warmUp", "PT20S"));
    private static final Duration TIME = Duration.parse(System.getProperty("bench.time", "PT30S"));

    private Bench() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        var base = URI.create(System.getenv().getOrDefault("HOLDFAST_URL", "http://localhost:9080"));
        var lane = "bench-" + UUID.randomUUID().toString().substring(0, 8);
        System.out.printf(
                "%d clients against %s, lane %s: %s of warm-up, then %s%n", CLIENTS, base, lane, WARM_UP, TIME);
        var calls = new Calls(base, key(), lane);
        try {
            run(calls, WARM_UP);
            report(run(calls, TIME));
        } catch (ExecutionException e) {
            System.err.println("The bench ended early: " + e.getCause());
            System.exit(1);
        }
    }

    private static List<Client> run(Calls calls, Duration time) throws InterruptedException, ExecutionException {
        var end = System.nanoTime() + time.toNanos();
        var threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            var clients = new ArrayList<Future<Client>>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(new Client(calls, "bench-" + i, end)));
            }
            var ended = new ArrayList<Client>();
            for (var client : clients) {
                ended.add(client.get());
            }
            return ended;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void report(List<Client> clients) {
        double seconds = TIME.toNanos() / 1e9;
        var all = new Latencies();
        clients.forEach(client -> all.add(client.latencies()));
        var empty = clients.stream().mapToInt(Client::emptyClaims).sum();
        System.out.printf(
                Locale.ROOT,
                "%n%.0f runs/s   %.0f calls/s   (%d claims found nothing)%n%n%-10s %10s %10s %10s%n",
                all.count(Calls.Kind.COMPLETE) / seconds,
                all.count() / seconds,
                empty,
                "ms",
                "p50",
                "p99",
                "most");
        for (var kind : Calls.Kind.values()) {
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %10.1f %10.1f %10.1f%n",
                    kind.name().toLowerCase(Locale.ROOT),
                    all.millis(kind, 0.5),
                    all.millis(kind, 0.99),
                    all.millis(kind, 1));
        }
    }

    private static String key() throws IOException {
        var key = System.getenv("HOLDFAST_KEY");
        return key != null && !key.isBlank()
                ? key.strip()
                : Files.readString(
                                Path.of(System.getenv().getOrDefault("HOLDFAST_KEY_FILE", ".holdfast/bootstrap.key")))
                        .strip();
    }
}
