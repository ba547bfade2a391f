package dev.holdfast.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.client.Claim;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Submission;
import dev.holdfast.testkit.HoldfastServer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * How soon a run that is submitted on one node, twenty a second, is in the hands of a worker that waits on the other: from
 * before the submit is sent until the claim is read. Each run is completed at once, so that there is always somebody who
 * waits. What warms the nodes up for two minutes before, so that they have compiled what they need, comes ten times as often.
 */
public final class WaitingWorkers {
    private static final String LANE = "waiting";
    private static final int WORKERS = Integer.getInteger("bench.workers", 8);
    private static final int A_SECOND = Integer.getInteger("bench.rate", 20);
    private static final int WARM_UP_A_SECOND = 10 * A_SECOND;
    private static final int WARM_UP = Integer.getInteger("bench.warm-up", 120) * WARM_UP_A_SECOND;
    private static final int MEASURED = 60 * A_SECOND;
    private static final Duration WAIT = Duration.ofSeconds(20);

    private final House house = new House();
    private final HoldfastServer one = house.node("bench-one");
    private final HoldfastServer two = house.node("bench-two");
    private final AtomicLongArray submitted = new AtomicLongArray(WARM_UP + MEASURED);
    private final AtomicLongArray claimed = new AtomicLongArray(WARM_UP + MEASURED);
    private final AtomicInteger left = new AtomicInteger(WARM_UP + MEASURED);

    public static void main(String[] args) throws InterruptedException {
        var bench = new WaitingWorkers();
        try (bench.house) {
            bench.one.startUnready();
            bench.two.startUnready();
            bench.one.awaitReady();
            bench.two.awaitReady();
            bench.measure();
            bench.house.rows().assertInvariants();
        }
    }

    private void measure() throws InterruptedException {
        var threads = Executors.newFixedThreadPool(WORKERS);
        try {
            IntStream.range(0, WORKERS).forEach(i -> threads.execute(() -> work("worker-" + i)));
            submitAll();
            threads.shutdown();
            if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException(left + " runs were not claimed");
            }
            report();
        } finally {
            threads.shutdownNow();
        }
    }

    /** What is measured keeps its pace however late the warm-up ends: a submit that is behind its time would come too soon after another. */
    private void submitAll() throws InterruptedException {
        var holdfast = HoldfastClient.of(one.uri(), House.KEY);
        submit(holdfast, 0, WARM_UP, WARM_UP_A_SECOND);
        submit(holdfast, WARM_UP, submitted.length(), A_SECOND);
    }

    private void submit(HoldfastClient holdfast, int from, int to, int aSecond) throws InterruptedException {
        long begin = System.nanoTime();
        for (int i = from; i < to; i++) {
            long due = begin + TimeUnit.SECONDS.toNanos(i - from) / aSecond;
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            submitted.set(i, System.nanoTime());
            holdfast.submit(Submission.to(LANE).input(JsonNodeFactory.instance.numberNode(i)));
        }
    }

    private void work(String id) {
        var holdfast = HoldfastClient.of(two.uri(), House.KEY);
        while (left.get() > 0) {
            holdfast.claim(id, List.of(LANE), 1, WAIT).forEach(claim -> take(holdfast, claim));
        }
    }

    private void take(HoldfastClient holdfast, Claim claim) {
        claimed.set(claim.run().input().intValue(), System.nanoTime());
        left.decrementAndGet();
        holdfast.owned(claim).complete(null, null);
    }

    private void report() {
        var millis = IntStream.range(WARM_UP, submitted.length())
                .mapToDouble(i -> (claimed.get(i) - submitted.get(i)) / 1e6)
                .sorted()
                .toArray();
        System.out.printf(
                Locale.ROOT,
                "%d a second, %d workers: submitted on one node, claimed on the other after %.1f ms in the median,"
                        + " %.1f ms for 99 of 100, %.1f ms at most%n",
                A_SECOND,
                WORKERS,
                millis[millis.length / 2],
                millis[(int) (millis.length * 0.99)],
                millis[millis.length - 1]);
    }
}
