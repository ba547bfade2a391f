package dev.holdfast.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Clients that each do one step after the other: as fast as they are answered, or at a fixed rate. At a rate the time of a
 * step counts from when it was due, so that who is held up by a slow one is counted too.
 */
final class Load {
    private Load() {}

    /** @return how many items it was about */
    @FunctionalInterface
    interface Step {
        int go() throws Exception;
    }

    /** Makes the step of each client, with what it needs of its own. */
    @FunctionalInterface
    interface Steps {
        Step of(int client) throws Exception;
    }

    /** @param items of all steps that ended in time */
    record Result(long items, Latencies latencies, Duration time) {
        double rate() {
            return items / (time.toNanos() / 1e9);
        }
    }

    private record Part(long items, Latencies latencies) {}

    /** @param rate steps a second of all clients together; 0 for as many as there can be */
    static Result run(Steps steps, int clients, double rate, Duration time)
            throws InterruptedException, ExecutionException {
        var threads = Executors.newFixedThreadPool(clients);
        try {
            var made = new ArrayList<Step>();
            for (int i = 0; i < clients; i++) {
                int client = i;
                made.add(threads.submit(() -> steps.of(client)).get());
            }
            long begun = System.nanoTime();
            var parts = new ArrayList<Future<Part>>();
            for (int i = 0; i < clients; i++) {
                int client = i;
                parts.add(threads.submit(() -> repeat(made.get(client), client, clients, rate, begun, time.toNanos())));
            }
            long items = 0;
            var latencies = new Latencies();
            for (var part : parts) {
                items += part.get().items();
                latencies.add(part.get().latencies());
            }
            return new Result(items, latencies, time);
        } finally {
            threads.shutdownNow();
        }
    }

    private static Part repeat(Step step, int client, int clients, double rate, long begun, long nanos)
            throws Exception {
        long items = 0;
        var latencies = new Latencies();
        for (long i = client; ; i += clients) {
            long due = rate == 0 ? System.nanoTime() : begun + (long) (i * 1e9 / rate);
            TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
            int done = step.go();
            long now = System.nanoTime();
            if (now - begun > nanos) {
                return new Part(items, latencies);
            }
            items += done;
            latencies.add(now - due);
        }
    }
}
