package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.event.Actor;
import dev.holdfast.lane.LaneDefaults;
import dev.holdfast.lane.LanePolicy;
import dev.holdfast.platform.json.Json;
import dev.holdfast.run.Claims.Asker;
import dev.holdfast.run.Claims.Offer;
import dev.holdfast.run.Endings.Completion;
import dev.holdfast.run.Endings.Fault;
import dev.holdfast.run.Heartbeats.Sign;
import dev.holdfast.run.Submissions.Draft;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What many runs in one statement cost: each as much as it would alone, and never a look at each for each, though the
 * planner expects few.
 */
class BatchPlanIT {
    private static final int MANY = 200;

    /** Rows that one step may see. Each seen for each would be {@code MANY} times {@code MANY}. */
    private static final int FEW = 20 * MANY;

    private static final Duration TTL = Duration.ofHours(1);
    private static final Herald MUTE = new Herald() {
        @Override
        public void moved(UUID tenant, Collection<RunRow> runs, Predicate<RunRow> later) {
            // nobody waits here
        }

        @Override
        public void wrote(UUID tenant, Collection<UUID> runs) {
            // and nobody follows
        }
    };
    private static final RunMetrics SILENT = new RunMetrics() {
        @Override
        public void moved(Move move, long runs) {
            // counted by nobody here
        }
    };

    private final Explainer database = new Explainer();
    private final Rows rows = database.rows();
    private final Endings endings = new Endings(database, SILENT, MUTE);
    private final UUID tenant = UUID.randomUUID();
    private final UUID key = UUID.randomUUID();

    @BeforeEach
    void aTenantWithALane() {
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("""
                insert into api_keys (tenant_id, id, name, prefix, hash, scopes)
                values (?, ?, 'worker', 'hft_', sha256('none'), '{runs:work}')""", tenant, key);
        rows.change("insert into lanes (tenant_id, name) values (?, 'planned')", tenant);
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void nothingIsLookedAtForEachOfThemButItself() {
        ended();
        rows.execute("analyze"); // as autovacuum does within a minute of the first hundred runs
        inFlight();
        for (var belief : List.of("analysed when there was nothing to do", "analysed when much had been done")) {
            assertLinear("submit, " + belief, this::submit);
            queued();
            assertLinear("claim, " + belief, this::claim);
            assertLinear("first heartbeat, " + belief, this::beat);
            assertLinear("heartbeat, " + belief, this::beat);
            assertLinear("complete, " + belief, this::complete);
            assertLinear("fail, " + belief, this::fail);
            rows.execute("analyze");
        }
    }

    /** Of what is planned for the arguments and for any; either plan is carried out, and does it. */
    private void assertLinear(String what, Runnable asking) {
        assertThat(database.plans(asking)).hasSize(2).allSatisfy(plan -> {
            assertThat(Explainer.nodes(plan))
                    .as(what)
                    .anyMatch(node -> node.path("Node Type").asText().equals("ModifyTable")
                            && node.path("Actual Rows").asInt() == MANY);
            assertThat(Explainer.nodes(plan))
                    .filteredOn(node -> Explainer.rowsSeen(node) > FEW)
                    .extracting(JsonNode::toPrettyString)
                    .as("%s: steps that see too many rows", what)
                    .isEmpty();
        });
    }

    private void submit() {
        var wanted = Json.stored(Json.tree(Map.of("lane", "planned")), Submission.class);
        var producer = new Actor(Actor.Kind.PRODUCER, "producer");
        var drafts = Stream.generate(
                        () -> new Draft(UUID.randomUUID(), wanted, null, null, key, producer, "correlation"))
                .limit(MANY)
                .toList();
        var defaults = new LaneDefaults() {
            @Override
            public LanePolicy policy() {
                return LanePolicy.STANDARD;
            }
        };
        new Submissions(database, defaults, SILENT, MUTE).submit(tenant, drafts, false);
    }

    private void ended() {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, ended_at)
                select ?, gen_random_uuid(), 'planned', 'completed', now() from generate_series(1, 100)""", tenant);
    }

    /** Of the same tenant, and of no concern to anybody here. */
    private void inFlight() {
        rows.change("""
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, beats, key_hash,
                                    key_expires_at, key_dies_at)
                select ?, gen_random_uuid(), 'planned', 1, 'worker', now(), now(), 9, sha256('none'), now(), now()
                from generate_series(1, ?)""", tenant, 20 * MANY);
    }

    private void queued() {
        rows.change("""
                insert into runs (tenant_id, id, lane, state)
                select ?, gen_random_uuid(), 'planned', 'queued' from generate_series(1, ?)""", tenant, 4 * MANY);
    }

    private void claim() {
        var offers = Collections.nCopies(MANY, new Offer("worker", new byte[32], "correlation"));
        new Claims(database, MUTE).claim(new Asker(tenant, key, List.of("planned")), offers, TTL, TTL);
    }

    /** Those that have been heard of least. */
    private void beat() {
        var signs = leases().stream()
                .map(lease -> new Sign(id(lease), (long) lease.get("fence"), null, null, "correlation"))
                .toList();
        new Heartbeats(database, SILENT, MUTE).take(tenant, signs, TTL, false);
    }

    private void complete() {
        var items = leases().stream()
                .map(lease -> new Completion(id(lease), (long) lease.get("fence"), "correlation", "{}", null))
                .toList();
        endings.complete(tenant, items, false);
    }

    private void fail() {
        var faults = leases().stream()
                .map(lease ->
                        new Fault(id(lease), (long) lease.get("fence"), "correlation", "code", "why", null, true, null))
                .toList();
        endings.fail(tenant, faults, false);
    }

    private List<Map<String, Object>> leases() {
        return rows.all("select run_id, fence from leases order by beats, run_id limit ?", MANY);
    }

    private static UUID id(Map<String, Object> lease) {
        return (UUID) lease.get("run_id");
    }
}
