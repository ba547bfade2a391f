package dev.holdfast.bench;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import dev.holdfast.client.Submission;
import dev.holdfast.testkit.HoldfastServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How soon after the kill -9 of its worker a run is claimed by another one, which asks for it every 50 ms: first with
 * nothing else in flight, then beside 100,000 leases.
 *
 * <p>The lanes allow a silence of five seconds and the node sweeps each second. They wait next to nothing before a lost run
 * may be claimed again, so that the backoff's jitter is not measured too. The kill falls at any moment between two beats,
 * which come every 1.25 s: so from 3.75 s after it on, and until 6 s after it, the run can be expected.
 */
public final class KilledWorkers {
    private static final int TRIALS = 50;
    private static final int AT_ONCE = 10;
    private static final int OTHERS = 100_000;
    private static final Duration ASK_EVERY = Duration.ofMillis(50);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Map<String, Object> POLICY = Map.of(
            "heartbeat",
            "required",
            "heartbeatTimeout",
            "PT5S",
            "backoff",
            Map.of("initial", "PT0.001S", "factor", 1, "max", "PT0.001S"));

    private final House house = new House();
    private final HoldfastServer server = house.node("bench").with("HOLDFAST_SWEEP_INTERVAL", "PT1S");
    private final HoldfastClient holdfast = HoldfastClient.of(server.uri(), House.KEY);

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        var bench = new KilledWorkers();
        try (bench.house) {
            bench.server.start();
            bench.series("alone");
            new Stock(bench.house.rows()).inFlight(OTHERS);
            bench.series("crowded");
            bench.house.rows().assertInvariants();
        }
    }

    private void series(String name) throws InterruptedException, ExecutionException {
        var threads = Executors.newFixedThreadPool(AT_ONCE);
        try {
            var trials = new ArrayList<Future<Double>>();
            for (int i = 1; i <= TRIALS; i++) {
                var lane = name + "-" + i;
                trials.add(threads.submit(() -> trial(lane)));
            }
            var times = new ArrayList<Double>();
            for (var trial : trials) {
                times.add(trial.get());
            }
            report(name, times);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void report(String name, List<Double> times) {
        var sorted = times.stream().sorted().toList();
        System.out.printf(
                Locale.ROOT,
                "%s: %d kills; from the kill to the next claim %.2f s at best, %.2f s in the median, %.2f s at worst%n",
                name,
                sorted.size(),
                sorted.get(0),
                sorted.get(sorted.size() / 2),
                sorted.get(sorted.size() - 1));
    }

    /** @return seconds from the kill to the claim by another worker */
    private double trial(String lane) throws IOException, InterruptedException {
        holdfast.declareLane(lane, POLICY);
        Run run = holdfast.submit(Submission.to(lane));
        var doomed = start(lane);
        try {
            while (!holdfast.get(run.id()).state().equals("running")) {
                Thread.sleep(ASK_EVERY.toMillis());
            }
            Thread.sleep(ThreadLocalRandom.current().nextLong(2_500));
            long killed = System.nanoTime();
            doomed.destroyForcibly();
            long claimed = claimedBySomebodyElse(lane, run);
            return (claimed - killed) / 1e9;
        } finally {
            doomed.destroyForcibly().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private long claimedBySomebodyElse(String lane, Run lost) throws InterruptedException {
        for (long end = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < end; ) {
            var claims = holdfast.claim("heir-of-" + lane, List.of(lane), 1, Duration.ZERO);
            if (!claims.isEmpty()) {
                long now = System.nanoTime();
                var run = claims.get(0).run();
                if (!run.id().equals(lost.id()) || run.lost() != 1) {
                    throw new IllegalStateException("Not what was lost, once: " + run);
                }
                holdfast.owned(claims.get(0)).complete(null, null);
                return now;
            }
            Thread.sleep(ASK_EVERY.toMillis());
        }
        throw new IllegalStateException(lost.id() + " was not claimed within " + PATIENCE);
    }

    private Process start(String lane) throws IOException {
        var java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        DoomedWorker.class.getName(),
                        "doomed-of-" + lane,
                        lane)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        java.environment().put("HOLDFAST_URL", server.uri().toString());
        java.environment().put("HOLDFAST_KEY", House.KEY);
        return java.start();
    }
}
