package dev.holdfast.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Clients that each do one step after the other: as fast as they are answered, or at a fixed rate. At a rate the time of a
 * step counts from when it was due, so that who is held up by a slow one is counted too.
 */
final class Load {
    private Load() {}

    @FunctionalInterface
    interface Step extends AutoCloseable {
        /** @return how many items it was about */
        int go() throws Exception;

        /** When its client has done the last one. */
        @Override
        default void close() throws Exception {}

        /** The same step, which closes what it needs at its end. */
        default Step closing(AutoCloseable needed) {
            var step = this;
            return new Step() {
                @Override
                public int go() throws Exception {
                    return step.go();
                }

                @Override
                public void close() throws Exception {
                    step.close();
                    needed.close();
                }
            };
        }
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
    static Result run(Steps steps, int clients, double rate, Duration time) throws Exception {
        var threads = Executors.newFixedThreadPool(clients);
        var made = new ArrayList<Step>();
        try {
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
            for (var step : made) {
                step.close();
            }
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
