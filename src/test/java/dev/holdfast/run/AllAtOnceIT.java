package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Everybody who can move a run moves it at once, on two nodes, hundreds of times ({@code -Pchaos}: thousands). Half of the runs have an owner who is dead by
 * the lane's rules but completes after all, half wait for an approval that is overdue.
 */
class AllAtOnceIT {
    private static final int ROUNDS = Integer.getInteger("holdfast.allAtOnce.rounds", 500);
    private static final int ABREAST = 10;
    private static final String LANE = "all-at-once";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final List<Api> nodes = List.of(tenant.api(), tenant.at(Cluster.node(2)));

    /** A run and the question that it waits for, if it does. */
    private record Contested(Claimed owner, String approval) {}

    @Test
    void I2_ofAllWhoMoveARunAtOnceOneWinsEachTimeAndEachIsToldTheTruth() throws Exception {
        tenant.lane(LANE, Map.of("heartbeat", "required", "maxLost", 100));
        rows.change("update lanes set held_until = 'infinity' where tenant_id = ? and name = ?", tenant.id(), LANE);
        var rounds = Executors.newFixedThreadPool(ABREAST);
        var callers = Executors.newFixedThreadPool(6 * ABREAST);
        try {
            var swept = new ArrayList<Future<Integer>>();
            for (var batch : batches()) {
                batch.forEach(contested -> swept.add(rounds.submit(() -> round(contested, callers))));
            }
            int bySweeps = 0;
            for (var one : swept) {
                bySweeps += one.get();
            }
            assertThat(rows.count(
                            "select count(*) from events where tenant_id = ? and type in ('reaped', 'approval_expired')",
                            tenant.id()))
                    .as("what the sweeps have moved, and what they say that they have")
                    .isEqualTo(bySweeps);
        } finally {
            rounds.shutdownNow();
            callers.shutdownNow();
        }
        rows.assertInvariants();
    }

    /** Made before they are fought for, as a claim takes any run of the lane. */
    private List<List<Contested>> batches() {
        var batches = new ArrayList<List<Contested>>();
        for (int made = 0; made < ROUNDS; made += 100) {
            var runs =
                    IntStream.range(0, 100).mapToObj(i -> Map.of("lane", LANE)).toList();
            nodes.get(0).post("/api/v1/runs/batch", Map.of("runs", runs)).expect(200);
            var claims = nodes.get(0).claim("w", LANE, 100).expect(200).json().path("claims");
            assertThat(claims).hasSize(100);
            batches.add(IntStream.range(0, 100)
                    .mapToObj(i -> contested(Claimed.of(claims.path(i)), i % 2 == 0))
                    .toList());
        }
        return batches;
    }

    private Contested contested(Claimed owner, boolean asks) {
        return new Contested(
                owner,
                asks
                        ? nodes.get(1)
                                .ask(owner, Map.of())
                                .expect(201)
                                .json()
                                .path("id")
                                .asText()
                        : null);
    }

    private int round(Contested contested, ExecutorService callers) throws Exception {
        var run = UUID.fromString(contested.owner().runId());
        // Not before: another round's sweep would have it alone.
        rows.change(
                "update leases set claimed_at = claimed_at - interval 'PT10M', last_heartbeat_at = claimed_at - interval 'PT10M' where run_id = ?",
                run);
        rows.change("update approvals set requested_at = requested_at - interval 'PT10M' where run_id = ?", run);
        var answers = all(calls(contested), callers);
        check(contested, answers);
        return answers.get("sweep").expect(200).json().path("cleanedUp").asInt();
    }

    private Map<String, Supplier<Reply>> calls(Contested contested) {
        var run = "/api/v1/runs/" + contested.owner().runId();
        var calls = new LinkedHashMap<String, Supplier<Reply>>();
        calls.put("completed", () -> nodes.get(0).complete(contested.owner()));
        calls.put("cancelled", () -> nodes.get(1).post(run + "/cancel", Map.of()));
        calls.put("resumed", () -> nodes.get(0).post(run + "/resume", Map.of()));
        if (contested.approval() == null) {
            calls.put("paused", () -> nodes.get(1).post(run + "/pause", Map.of()));
            calls.put("sweep", () -> sweep(Map.of("phases", List.of("leases"), "cutoff", "PT5M")));
        } else {
            calls.put("approved", () -> nodes.get(1).decide(contested.approval(), true));
            calls.put("sweep", () -> sweep(Map.of("phases", List.of("approvals"), "timeoutMinutes", 5, "limit", 3)));
        }
        return calls;
    }

    private Reply sweep(Map<String, ?> order) {
        return nodes.get(0).post("/api/v1/sweeps", order);
    }

    private static Map<String, Reply> all(Map<String, Supplier<Reply>> calls, ExecutorService callers)
            throws InterruptedException, ExecutionException {
        var start = new CyclicBarrier(calls.size());
        var pending = new LinkedHashMap<String, Future<Reply>>();
        calls.forEach((name, call) -> pending.put(name, callers.submit(() -> {
            start.await();
            return call.get();
        })));
        var answers = new LinkedHashMap<String, Reply>();
        for (var one : pending.entrySet()) {
            answers.put(one.getKey(), one.getValue().get());
        }
        return answers;
    }

    private void check(Contested contested, Map<String, Reply> answers) {
        var run = UUID.fromString(contested.owner().runId());
        var events = rows.all("select seq, type, from_state, to_state from events where run_id = ? order by seq", run);
        var row = rows.one("select state, event_count from runs where id = ?", run);
        var told = "%s %s %s".formatted(run, events, answers);

        assertThat(row.get("event_count")).as(told).isEqualTo(events.size());
        var states = new ArrayList<String>();
        String at = null;
        for (var event : events) {
            assertThat(event.get("from_state")).as(told).isEqualTo(at);
            at = (String) event.get("to_state");
            states.add(at);
        }
        assertThat(row.get("state")).as(told).isEqualTo(at);

        answers.forEach((move, reply) -> {
            if (!move.equals("sweep")) {
                assertThat(events.stream().filter(event -> event.get("type").equals(move)))
                        .as(move + ": " + told)
                        .hasSize(won(move, reply) ? 1 : 0);
                var state = stateOf(reply.json());
                assertThat(state.isMissingNode() || states.contains(state.asText()))
                        .as(move + " is told a state that the run has had: " + told)
                        .isTrue();
            }
        });
    }

    private static boolean won(String move, Reply reply) {
        if (reply.status() != 200) {
            assertThat(reply.status()).as(reply.text()).isIn(404, 409, 410);
            return false;
        }
        return !move.equals("cancelled") || reply.json().path("cancelled").asBoolean();
    }

    private static JsonNode stateOf(JsonNode reply) {
        return reply.has("currentState") ? reply.path("currentState") : reply.path("state");
    }
}
