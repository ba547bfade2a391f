package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a claim costs over a hundred thousand queued runs: as much as over ten, whatever the planner believes of the
 * table. Its beliefs are those of a table not yet analysed, of one analysed before the burst came, and true ones.
 */
class ClaimPlanIT {
    private static final int QUEUED = 100_000;
    private static final int TAKEN = 10;

    /** A few times what is taken. The queue is ten thousand times that. */
    private static final int FEW = 5 * TAKEN;

    /** Prepared statements are planned for their arguments at first, and once for all arguments later. */
    private static final List<String> MODES = List.of("force_custom_plan", "force_generic_plan");

    private static final String BEST_TEN = """
            select id from runs where state = 'queued' and lane = any (?)
            order by priority desc, available_at, id limit 10""";

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final UUID tenant = UUID.randomUUID();
    private final UUID key = UUID.randomUUID();

    @BeforeEach
    void aTenantWithLanes() {
        Flyway.configure(Claims.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("""
                insert into api_keys (tenant_id, id, name, prefix, hash, scopes)
                values (?, ?, 'worker', 'hft_', sha256('none'), '{runs:work}')""", tenant, key);
        rows.change("insert into lanes (tenant_id, name) select ?, unnest('{deep,shallow,empty}'::text[])", tenant);
        rows.change("insert into lanes (tenant_id, name, max_in_flight) values (?, 'limited', 50)", tenant);
        rows.execute("alter table runs set (autovacuum_enabled = off)"); // it would analyse in the midst of a test
    }

    @AfterEach
    void drop() {
        TestPostgres.shared().drop(database);
    }

    @Test
    void aClaimWalksItsIndexWithoutStatistics() throws SQLException {
        queueUp();
        assertFewRowsTouched();
    }

    @Test
    void aClaimWalksItsIndexWithStatisticsOfAnEmptyQueueAndWithFreshOnes() throws SQLException {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, ended_at)
                select ?, cast(lpad(to_hex(i), 32, '0') as uuid), 'deep', 'completed', now() from generate_series(1, 1000) i""", tenant);
        rows.execute("analyze runs");
        queueUp();
        assertFewRowsTouched();

        rows.execute("analyze");
        assertFewRowsTouched();
    }

    @Test
    void aClaimDoesNotLookThroughALaneThatIsFull() throws SQLException {
        queueUp();
        rows.change("update lanes set max_in_flight = 10 where name = 'deep'");
        rows.change("""
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select ?, gen_random_uuid(), 'deep', 1, 'worker', now(), now(), sha256('none'), now(), now()
                from generate_series(1, 10)""", tenant);
        for (var mode : MODES) {
            assertFewRowsTouched(mode, List.of("deep", "shallow"), false, List.of("shallow"));
            assertFewRowsTouched(mode, List.of("deep", "shallow"), true, List.of("shallow"));
        }
    }

    /** The planner expects few of the queued to be fit for a claim, and that many more of them are asked for. */
    @Test
    void aClaimOfAHundredSortsNoQueueWhereMuchIsInFlight() throws SQLException {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, available_at)
                select ?, gen_random_uuid(), 'deep', 'queued', now() - i * interval '1 second' from generate_series(1, 10000) i""", tenant);
        rows.change("""
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select ?, gen_random_uuid(), 'deep', 1, 'worker', now(), now(), sha256('none'), now(), now()
                from generate_series(1, 500)""", tenant);
        rows.execute("analyze");
        for (var mode : MODES) {
            try (var claiming = rows.transaction()) {
                var nodes = Explainer.nodes(explained(claiming, mode, List.of("deep"), false, 100)
                                .path("Plan"))
                        .toList();
                assertThat(nodes)
                        .filteredOn(node -> Explainer.rowsSeen(node) > 5 * 100
                                && node.path("Relation Name").asText().equals("runs"))
                        .extracting(JsonNode::toPrettyString)
                        .as("steps that see too many runs")
                        .isEmpty();
                assertThat(ids(claiming, "select id from runs where state = 'claimed'"))
                        .hasSize(100);
                claiming.rollback();
            }
        }
    }

    private void queueUp() {
        var submit = """
                insert into runs (tenant_id, id, lane, state, priority, available_at)
                select ?, cast(lpad(to_hex(i + (select count(*) from runs)), 32, '0') as uuid), ?, 'queued', i % 7, now() - i % 1000 * interval '1 second'
                from generate_series(1, ?) i""";
        rows.change(submit, tenant, "deep", QUEUED);
        rows.change(submit, tenant, "shallow", 10);
        rows.change(submit, tenant, "limited", 1000);
    }

    private void assertFewRowsTouched() throws SQLException {
        for (var mode : MODES) {
            var unlimited = List.of("shallow", "deep", "empty");
            assertFewRowsTouched(mode, unlimited, false, unlimited);
            var mixed = List.of("limited", "deep");
            assertFewRowsTouched(mode, mixed, true, mixed);
        }
    }

    private void assertFewRowsTouched(String mode, List<String> lanes, boolean counted, List<String> giving)
            throws SQLException {
        try (var claiming = rows.transaction()) {
            var best = ids(claiming, BEST_TEN, claiming.createArrayOf("text", giving.toArray()));
            var plan = explained(claiming, mode, lanes, counted, TAKEN);
            var nodes = Explainer.nodes(plan.path("Plan")).toList();

            var merges = nodes.stream()
                    .filter(node -> node.path("Node Type").asText().equals("Merge Append"))
                    .toList();
            assertThat(merges).as("the lanes, merged in order").hasSize(1);
            assertThat(Explainer.nodes(merges.get(0)))
                    .as("the ordered walk of each")
                    .filteredOn(node -> node.path("Index Name").asText().equals("runs_to_claim"))
                    .hasSize(lanes.size());
            assertThat(nodes)
                    .filteredOn(node -> Explainer.rowsSeen(node) > mostRows(node))
                    .extracting(JsonNode::toPrettyString)
                    .as("steps that see too many rows")
                    .isEmpty();
            assertThat(plan.path("Plan").path("Shared Hit Blocks").asInt()
                            + plan.path("Plan").path("Shared Read Blocks").asInt())
                    .as("blocks touched; the table has %d", rows.count("select pg_relation_size('runs') / 8192"))
                    .isLessThan(1000);
            assertThat(ids(claiming, "select id from runs where state = 'claimed'"))
                    .hasSize(TAKEN)
                    .containsExactlyInAnyOrderElementsOf(best);
            claiming.rollback();
        }
    }

    private static double mostRows(JsonNode node) {
        return node.path("Relation Name").asText().equals("runs") ? FEW : FEW * TAKEN;
    }

    private JsonNode explained(Connection claiming, String mode, List<String> lanes, boolean counted, int taken)
            throws SQLException {
        try (var statement = claiming.createStatement()) {
            statement.execute("set local plan_cache_mode = " + mode);
            statement.execute("deallocate all");
            statement.execute("prepare claim (%s) as %s".formatted(types(lanes), numbered(lanes)));
            var plan = statement.executeQuery("explain (analyze, buffers, format json) execute claim (%s)"
                    .formatted(arguments(lanes, counted, taken)));
            plan.next();
            return JsonMapper.builder().build().readTree(plan.getString(1)).get(0);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String numbered(List<String> lanes) {
        var parts = Claims.statement(lanes.size()).split("\\?");
        return IntStream.range(0, parts.length)
                .mapToObj(i -> (i == 0 ? "" : "$" + i) + parts[i])
                .reduce("", String::concat);
    }

    private static String types(List<String> lanes) {
        var types = new ArrayList<>(List.of("uuid", "text[]", "uuid", "uuid"));
        lanes.forEach(lane -> Collections.addAll(types, "uuid", "text", "boolean", "uuid", "text"));
        Collections.addAll(
                types, "uuid", "boolean", "integer", "text[]", "bytea[]", "text[]", "uuid", "uuid", "text", "text");
        return String.join(", ", types);
    }

    private String arguments(List<String> lanes, boolean counted, int taken) {
        var its = "'" + tenant + "'";
        var arguments = new ArrayList<>(List.of(its, "'{" + String.join(",", lanes) + "}'", its, "'" + key + "'"));
        lanes.forEach(
                lane -> Collections.addAll(arguments, its, "'" + lane + "'", "" + counted, its, "'" + lane + "'"));
        var hashes = "array_fill(sha256('none'), array[" + taken + "])";
        var texts = "array_fill(cast('text' as text), array[" + taken + "])";
        Collections.addAll(arguments, its, "" + counted, "" + taken, texts, hashes, texts, its);
        Collections.addAll(arguments, "'" + key + "'", "'PT2H'", "'P1D'");
        return String.join(", ", arguments);
    }

    private static List<Object> ids(Connection connection, String sql, Object... arguments) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            var ids = new ArrayList<>();
            try (var result = statement.executeQuery()) {
                while (result.next()) {
                    ids.add(result.getObject(1));
                }
            }
            return ids;
        }
    }
}
