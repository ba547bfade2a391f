package dev.holdfast.bench;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What is measured, in order. */
final class Scenarios {
    private static final int IN_FLIGHT = 10_000;
    private static final int BATCH = 1_000;

    /** Of live streams, in four lanes. */
    private static final int READERS = 100;

    private final URI base;
    private final String key;
    private final PostgresItself postgres;

    Scenarios(URI base, String key, PostgresItself postgres) {
        this.base = base;
        this.key = key;
        this.postgres = postgres;
    }

    /**
     * @param unit what is counted
     * @param rate steps a second; 0 for as many as there can be
     * @param target items a second that are asked for; 0 if none are
     */
    record Scenario(String name, String unit, int clients, double rate, double target, Load.Steps steps) {}

    List<Scenario> all(boolean brief) {
        var clients = brief ? IntStream.of(1, 16, 32) : IntStream.of(1, 4, 16, 32, 64);
        var batches = brief ? IntStream.of(100) : IntStream.of(10, 100, 1000);
        return Stream.of(
                        clients.boxed().map(n -> life("life-" + n, n, n == 16 || n == 32 ? 2_000 : 0)),
                        Stream.of(
                                new Scenario("submit-1", "runs", 16, 0, 0, client -> {
                                    var calls = calls("submit");
                                    return step(calls, () -> {
                                        calls.submit();
                                        return 1;
                                    });
                                }),
                                claims(),
                                new Scenario("beat-1", "beats", 16, 0, 6_000, this::beatOne),
                                completions(),
                                new Scenario("beat-1000", "beats", 4, 0, 80_000, client -> beatMany()),
                                new Scenario("paced-100", "calls", 16, 100, 0, this::paced),
                                new Scenario("stream-100", "events", 4, 20, 0, client -> followed())),
                        batches.boxed().flatMap(n -> Stream.of(submits(n), batches(n))),
                        Stream.of(
                                new Scenario("postgres-life-16", "runs", 16, 0, 0, client -> postgres.life(client, 1)),
                                new Scenario(
                                        "postgres-life-by-100",
                                        "runs",
                                        4,
                                        0,
                                        0,
                                        client -> postgres.life(1000 + client, 100))))
                .flatMap(some -> some)
                .toList();
    }

    /** Submit, claim, complete, three calls a run, all clients in one lane. */
    Scenario life(String name, int clients, double target) {
        var lane = lane("life");
        return new Scenario(name, "runs", clients, 0, target, client -> {
            var calls = new Calls(base, key, lane);
            return step(calls, () -> {
                calls.submit();
                calls.complete(claimed(calls));
                return 1;
            });
        });
    }

    private Scenario submits(int runs) {
        return new Scenario("submit-by-" + runs, "runs", 4, 0, runs == 100 ? 40_000 : 0, client -> {
            var calls = calls("submits");
            return step(calls, () -> {
                calls.submit(runs);
                return runs;
            });
        });
    }

    /** Claim and complete; what is claimed was submitted before, and only when it was not enough it is now. */
    private Scenario batches(int runs) {
        return new Scenario("claim-complete-by-" + runs, "runs", 4, 0, runs == 100 ? 20_000 : 0, client -> {
            var calls = calls("batches");
            for (int i = 0; i < 20; i++) {
                calls.submit(BATCH);
            }
            return step(calls, () -> {
                var claims = calls.claim(runs);
                if (claims.isEmpty()) {
                    calls.submit(BATCH);
                    return 0;
                }
                calls.complete(claims);
                return claims.size();
            });
        });
    }

    /** Of what was submitted before, all clients in one lane; what was claimed is completed when it is over. */
    private Scenario claims() {
        var lane = lane("claims");
        return new Scenario("claim-1", "claims", 16, 0, 0, client -> {
            var calls = new Calls(base, key, lane);
            calls.submit(BATCH);
            calls.submit(BATCH);
            var claimed = new ArrayList<Calls.Claim>();
            Load.Step step = () -> {
                var claims = calls.claim(1);
                if (claims.isEmpty()) {
                    calls.submit(BATCH);
                }
                claimed.addAll(claims);
                return claims.size();
            };
            return step.closing(() -> complete(calls, claimed)).closing(calls);
        });
    }

    /** Of what was claimed before; what is left is completed when it is over. */
    private Scenario completions() {
        return new Scenario("complete-1", "runs", 16, 0, 0, client -> {
            var calls = calls("completions");
            var claimed = new ArrayDeque<>(claimed(calls, 2 * BATCH));
            Load.Step step = () -> {
                if (claimed.isEmpty()) {
                    claimed.addAll(claimed(calls, BATCH));
                    return 0;
                }
                calls.complete(claimed.poll());
                return 1;
            };
            return step.closing(() -> complete(calls, List.copyOf(claimed))).closing(calls);
        });
    }

    private static List<Calls.Claim> claimed(Calls calls, int runs) throws IOException {
        var claims = new ArrayList<Calls.Claim>();
        while (claims.size() < runs) {
            calls.submit(BATCH);
            claims.addAll(calls.claim(BATCH));
        }
        return claims;
    }

    private static void complete(Calls calls, List<Calls.Claim> claims) throws IOException {
        for (int i = 0; i < claims.size(); i += BATCH) {
            calls.complete(claims.subList(i, Math.min(claims.size(), i + BATCH)));
        }
    }

    private Load.Step beatOne(int client) throws IOException {
        var calls = calls("beats");
        calls.submit();
        var claim = claimed(calls);
        return step(calls, () -> {
            calls.beat(claim);
            return 1;
        });
    }

    private Load.Step beatMany() throws IOException {
        var calls = calls("beats");
        var claims = claimed(calls, IN_FLIGHT / 4);
        var from = new int[1];
        return step(calls, () -> {
            var some = claims.subList(from[0], Math.min(claims.size(), from[0] + BATCH));
            from[0] = from[0] + BATCH >= claims.size() ? 0 : from[0] + BATCH;
            calls.beat(some);
            return some.size();
        });
    }

    /** One call a step: a run's life by turns, with a heartbeat. */
    Load.Step paced(int client) throws IOException {
        var calls = calls("paced");
        var turn = new int[1];
        var held = new Calls.Claim[1];
        return step(calls, () -> {
            switch (turn[0]++ % 4) {
                case 0 -> calls.submit();
                case 1 -> held[0] = calls.claim(1).get(0);
                case 2 -> calls.beat(held[0]);
                default -> calls.complete(held[0]);
            }
            return 1;
        });
    }

    /** A run submitted until all readers of its tenant's stream have seen it. */
    private Load.Step followed() throws IOException, InterruptedException {
        var lane = lane("followed");
        var followers = new Followers(base, key, lane, READERS / 4);
        var calls = new Calls(base, key, lane);
        Load.Step step = () -> {
            followers.await(calls.submitted());
            return READERS / 4;
        };
        return step.closing(calls).closing(followers);
    }

    // One that is just being claimed by another is passed over: there is one for each, a moment later.
    private static Calls.Claim claimed(Calls calls) throws IOException {
        var claims = calls.claim(1);
        while (claims.isEmpty()) {
            claims = calls.claim(1);
        }
        return claims.get(0);
    }

    private static Load.Step step(Calls calls, Load.Step step) {
        return step.closing(calls);
    }

    private Calls calls(String lane) throws IOException {
        return new Calls(base, key, lane(lane));
    }

    private static String lane(String name) {
        return name + "-" + UUID.randomUUID().toString().substring(0, 8);
    }
}
