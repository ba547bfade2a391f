package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a sweep costs beside a hundred thousand runs that have ended: as much as without them, whatever the planner
 * believes of the tables. Its beliefs are those of tables not yet analysed, of ones analysed when they were empty, and
 * true ones.
 */
class SweepPlanIT {
    private static final int ENDED = 100_000;
    private static final int IN_FLIGHT = 10_000;
    private static final int STALE = 500;
    private static final Warrant WARRANT =
            new Warrant(UUID.randomUUID(), "node", null, null, null, false, false, "correlation");

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final UUID tenant = UUID.randomUUID();
    private final Map<String, JsonNode> plans = new LinkedHashMap<>();
    private Connection session;
    private String explaining;

    /** Explains each statement instead of answering it. */
    private final Database explainer = new Database() {
        @Override
        protected <T> List<T> run(Pool pool, String sql, RowMapper<T> mapper, Object... arguments) {
            plans.put(explaining, explain(sql, arguments));
            return List.of();
        }
    };

    @BeforeEach
    void aTenantWithLanes() throws SQLException {
        Flyway.configure(Losses.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        session = database.connect();
        session.setAutoCommit(false);
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("""
                insert into lanes (tenant_id, name, heartbeat, queue_timeout, run_timeout)
                values (?, 'plain', 'required', null, null), (?, 'limited', 'required', 'P1D', 'P1D')""", tenant, tenant);
        for (var table : List.of("runs", "leases", "approvals")) {
            rows.execute("alter table " + table
                    + " set (autovacuum_enabled = off)"); // it would analyse in the midst of a test
        }
    }

    @AfterEach
    void drop() throws SQLException {
        session.close();
        TestPostgres.shared().drop(database);
    }

    @Test
    void C23_noPhaseReadsMoreForTheRunsThatHaveEnded() throws SQLException {
        inFlight();
        var alone = allPlans();
        ended();
        assertNoMore("never analysed", alone, allPlans());
        rows.execute("analyze");
        assertNoMore("analysed", alone, allPlans());
    }

    @Test
    void C23_norIfTheyEndedSinceTheTablesWereAnalysed() throws SQLException {
        inFlight();
        rows.execute("analyze");
        var alone = allPlans();
        ended();
        assertNoMore("analysed before", alone, allPlans());
    }

    @Test
    void G10_theSearchForWhatIsPastItsDeadlineWalksTheIndexOfWhatIsPending() throws SQLException {
        waiting(100_000, STALE);
        for (var belief : List.of("never analysed", "analysed")) {
            for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
                session.createStatement().execute("set plan_cache_mode = " + mode);
                explaining = mode;
                new Expiries(explainer).find(WARRANT, 20_000);
                assertThat(nodes(plans.get(mode).path("Plan")))
                        .as("%s, %s\n%s", belief, mode, plans.get(mode).toPrettyString())
                        .filteredOn(node ->
                                node.path("Relation Name").asText().equals("approvals") || node.has("Index Name"))
                        .extracting(node -> node.path("Index Name").asText("none"))
                        .containsOnly("approvals_due");
                assertThat(blocks(plans.get(mode))).isLessThan(2 * STALE);
            }
            rows.execute("analyze");
        }
    }

    @Test
    void C23_theSearchForWhatIsLongOverReadsNoMoreThanItMayTake() throws SQLException {
        ended();
        rows.change("update lanes set retention = 'PT1H'");
        for (var belief : List.of("never analysed", "analysed")) {
            for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
                session.createStatement().execute("set plan_cache_mode = " + mode);
                explaining = mode;
                new Retention(explainer).find(WARRANT, STALE);
                assertThat(blocks(plans.get(mode)))
                        .as("%s, %s\n%s", belief, mode, plans.get(mode).toPrettyString())
                        .isLessThan(3 * STALE);
            }
            rows.execute("analyze");
        }
    }

    private void assertNoMore(String belief, Map<String, JsonNode> before, Map<String, JsonNode> after) {
        assertThat(after).hasSize(2 * (2 * 8 + 1)).containsOnlyKeys(before.keySet());
        after.forEach((statement, plan) -> {
            assertThat(nodes(plan.path("Plan")))
                    .as("%s, %s\n%s", belief, statement, plan.toPrettyString())
                    .noneMatch(node -> node.path("Node Type").asText().equals("Seq Scan")
                            && List.of("runs", "approvals")
                                    .contains(node.path("Relation Name").asText()));
            assertThat(blocks(plan))
                    .as("%s, blocks touched by %s\n%s", belief, statement, plan.toPrettyString())
                    .isLessThan(2 * blocks(before.get(statement)) + 100);
        });
    }

    private Map<String, JsonNode> allPlans() throws SQLException {
        plans.clear();
        for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
            session.createStatement().execute("set plan_cache_mode = " + mode);
            var byAge = new Warrant(
                    UUID.randomUUID(), "node", null, null, Duration.ofMinutes(30), false, false, "correlation");
            var losses = new Losses(explainer);
            var deadlines = new Deadlines(explainer);
            var expiries = new Expiries(explainer);
            var keys = new RunKeys(explainer, null, null);
            var retention = new Retention(explainer);
            var stale = rows
                    .all("select run_id from leases where lane = 'plain' order by last_heartbeat_at limit " + STALE)
                    .stream()
                    .map(row -> (UUID) row.get("run_id"))
                    .toList();
            var unanswered = rows
                    .all("select run_id from approvals where status = 'pending' order by deadline limit " + STALE)
                    .stream()
                    .map(row -> (UUID) row.get("run_id"))
                    .toList();
            phase(mode + ": leases", losses::find, losses::reap, WARRANT, stale);
            for (var kind : Deadlines.Kind.values()) {
                phase(
                        mode + ": " + kind,
                        (w, n) -> deadlines.find(kind, w, n),
                        (w, ids) -> deadlines.move(kind, w, ids),
                        WARRANT,
                        stale);
            }
            phase(mode + ": approvals", expiries::find, expiries::end, WARRANT, unanswered);
            phase(mode + ": approvals by age", expiries::find, expiries::end, byAge, unanswered);
            phase(mode + ": keys", keys::find, keys::mark, WARRANT, stale);
            phase(mode + ": retention", retention::find, retention::remove, WARRANT, stale);
            explaining = mode + ": breaker";
            losses.holdMassLosses(Duration.ofSeconds(10), 20);
        }
        return new LinkedHashMap<>(plans);
    }

    private interface Find {
        Object of(Warrant warrant, int limit);
    }

    private interface Act {
        Object of(Warrant warrant, List<UUID> ids);
    }

    private void phase(String name, Find find, Act act, Warrant warrant, List<UUID> ids) {
        explaining = name + ", found";
        find.of(warrant, 20_000);
        explaining = name + ", moved";
        act.of(warrant, ids);
    }

    private void inFlight() {
        waiting(IN_FLIGHT, STALE);
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, fence, attempt, worker_id, submitted_at, available_at, claimed_at)
                    select ?, gen_random_uuid(), case when n % 4 = 0 then 'limited' else 'plain' end, 'claimed', 1, 1, 'worker-' || n, at, at, at
                    from generate_series(1, ?) n
                    cross join lateral (
                        select statement_timestamp() - case when n <= ? then interval 'PT1H' else interval 'PT10S' end as at) t
                    returning *
                )
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, fence, worker_id, claimed_at, claimed_at, sha256(uuid_send(id)),
                       claimed_at + interval 'PT2H', claimed_at + interval 'P1D'
                from made""", tenant, IN_FLIGHT, STALE);
    }

    /** So many runs that wait for people, some of them too long. */
    private void waiting(int number, int tooLong) {
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, waiting_for, submitted_at, available_at)
                    select ?, gen_random_uuid(), 'plain', 'suspended', 'approval', at, at
                    from generate_series(1, ?) n
                    cross join lateral (
                        select statement_timestamp() - case when n <= ? then interval 'PT1H' else interval 'PT1M' end as at) t
                    returning *
                )
                insert into approvals (tenant_id, id, run_id, lane, slot, action, title, args, args_digest, deadline, asked_with,
                                       requested_at)
                select tenant_id, gen_random_uuid(), id, lane, 's', 'a', 't', 'null', sha256('null'),
                       submitted_at + interval 'PT30M', '{}', submitted_at
                from made""", tenant, number, tooLong);
    }

    private void ended() {
        rows.change("""
                insert into approvals (tenant_id, id, run_id, lane, slot, action, title, args, args_digest, deadline, asked_with,
                                       requested_at, status, ended_at)
                select ?, gen_random_uuid(), gen_random_uuid(), 'plain', 's', 'a', 't', 'null', sha256('null'),
                       statement_timestamp() - interval 'P1D', '{}', statement_timestamp() - interval 'P2D', 'approved',
                       statement_timestamp() - interval 'P1D'
                from generate_series(1, ?) n""", tenant, ENDED);
        rows.change("""
                insert into runs (tenant_id, id, lane, state, fence, attempt, submitted_at, available_at, ended_at)
                select ?, gen_random_uuid(), case when n % 4 = 0 then 'limited' else 'plain' end, 'completed', 1, 1,
                       statement_timestamp() - interval 'P2D', statement_timestamp() - interval 'P2D', statement_timestamp() - interval 'P1D'
                from generate_series(1, ?) n""", tenant, ENDED);
    }

    private JsonNode explain(String sql, Object... arguments) {
        var parts = (sql + " ").split("\\?");
        var numbered = IntStream.range(0, parts.length)
                .mapToObj(i -> (i == 0 ? "" : "$" + i) + parts[i])
                .collect(Collectors.joining());
        try (var statement = session.createStatement()) {
            statement.execute("deallocate all");
            statement.execute("prepare phase as " + numbered);
            var plan = statement.executeQuery("explain (analyze, buffers, format json) execute phase ("
                    + Arrays.stream(arguments).map(SweepPlanIT::literal).collect(Collectors.joining(", ")) + ")");
            plan.next();
            return JsonMapper.builder().build().readTree(plan.getString(1)).get(0);
        } catch (SQLException | JsonProcessingException e) {
            throw new IllegalStateException(sql, e);
        } finally {
            rollBack();
        }
    }

    private void rollBack() {
        try {
            session.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String literal(Object argument) {
        if (argument instanceof Database.Array array) {
            return Stream.of(array.values()).map(Object::toString).collect(Collectors.joining(",", "'{", "}'"));
        }
        return argument == null ? "null" : "'" + argument + "'";
    }

    private static long blocks(JsonNode plan) {
        return plan.at("/Plan/Shared Hit Blocks").asLong()
                + plan.at("/Plan/Shared Read Blocks").asLong();
    }

    private static Stream<JsonNode> nodes(JsonNode node) {
        return Stream.concat(Stream.of(node), node.path("Plans").valueStream().flatMap(SweepPlanIT::nodes));
    }
}
