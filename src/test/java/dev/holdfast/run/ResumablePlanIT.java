package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What lists of the few cost beside a hundred thousand others: of those that can be resumed whatever the planner believes of the table. */
class ResumablePlanIT {
    private static final int ENDED_WELL = 100_000;
    private static final int FAILED = 2_000;
    private static final int STALE = 30;

    /** For a page of fifty. */
    private static final int FEW_BLOCKS = 500;

    private static final RunFilter NO_FILTER =
            new RunFilter(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final UUID tenant = UUID.randomUUID();
    private String sql;
    private Object[] arguments;

    /** Takes a search down instead of answering it. */
    private final Database listening = new Database() {
        @Override
        protected <T> List<T> run(Pool pool, String statement, RowMapper<T> mapper, Object... its) {
            sql = statement;
            arguments = its;
            return List.of();
        }
    };

    @BeforeEach
    void manyRunsOfWhichTheOldestFailed() {
        Flyway.configure(Runs.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        rows.execute("alter table runs set (autovacuum_enabled = off)"); // it would analyse in the midst of a test
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("insert into lanes (tenant_id, name, heartbeat) values (?, 'plain', 'required')", tenant);
        ended("failed", FAILED, "P20D");
        ended("completed", ENDED_WELL, "P10D");
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, fence, attempt, worker_id, submitted_at, claimed_at)
                    select ?, gen_random_uuid(), 'plain', 'claimed', 1, 1, 'worker', at, at
                    from generate_series(1, ?) n cross join lateral (select now() - interval 'P30D' as at) t
                    returning *
                )
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, fence, worker_id, claimed_at, claimed_at, sha256('none'), now(), now()
                from made""", tenant, STALE);
    }

    @AfterEach
    void drop() {
        TestPostgres.shared().drop(database);
    }

    @Test
    void D7_aPageOfResumableRunsIsFoundWithoutAWalkThroughTheOthers() throws SQLException, JsonProcessingException {
        assertFewBlocks("never analysed");
        rows.execute("analyze");
        assertFewBlocks("analysed");
    }

    @Test
    void theFewInAStateAreFoundWithoutAWalkThroughTheOthers() throws SQLException, JsonProcessingException {
        rows.execute("analyze");
        for (var state : Map.of("claimed", STALE, "failed", 51, "queued", 0, "suspended", 0, "cancelled", 0)
                .entrySet()) {
            new Runs(listening).ids(new RunSearch(tenant, ofState(state.getKey())), 51);
            for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
                var plan = explained(mode);

                assertThat(plan.path("Actual Rows").asInt()).as(state.getKey()).isEqualTo(state.getValue());
                assertThat(Explainer.blocks(plan))
                        .as("%s, %s\n%s", state.getKey(), mode, plan.toPrettyString())
                        .isLessThan(FEW_BLOCKS);
            }
        }
    }

    private static RunFilter ofState(String state) {
        return new RunFilter(
                List.of(state), null, null, null, null, null, null, null, null, null, null, null, null, null, null);
    }

    private void assertFewBlocks(String belief) throws SQLException, JsonProcessingException {
        new Runs(listening).ids(new RunSearch(tenant, NO_FILTER).movableBy(Move.RESUMED), 51);
        for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
            var plan = explained(mode);

            assertThat(plan.path("Actual Rows").asInt()).isEqualTo(51);
            assertThat(plan.toString())
                    .as("%s, %s", belief, mode)
                    .contains("runs_resumable")
                    .doesNotContain("runs_newest");
            assertThat(Explainer.blocks(plan))
                    .as("%s, %s\n%s", belief, mode, plan.toPrettyString())
                    .isLessThan(FEW_BLOCKS);
        }
    }

    private JsonNode explained(String mode) throws SQLException, JsonProcessingException {
        var values = Stream.of(arguments).map(value -> "'" + value + "'").iterator();
        try (var session = database.connect();
                var statement = session.createStatement()) {
            statement.execute("set plan_cache_mode = " + mode);
            int place = 0;
            var numbered = new StringBuilder();
            for (var part : (sql + " ").split("\\?")) {
                numbered.append(place == 0 ? "" : "$" + place).append(part);
                place++;
            }
            statement.execute("prepare search as " + numbered);
            var plan = statement.executeQuery("explain (analyze, buffers, format json) execute search ("
                    + String.join(", ", (Iterable<String>) () -> values) + ")");
            plan.next();
            return JsonMapper.builder().build().readTree(plan.getString(1)).at("/0/Plan");
        }
    }

    private void ended(String state, int number, String ago) {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, subject, failure_code, failure_category, submitted_at, ended_at)
                select ?, gen_random_uuid(), 'plain', cast(? as text), 'subject-' || n,
                       case when ? = 'failed' then 'no' end, case when ? = 'failed' then 'work' end,
                       now() - cast(? as interval) + n * interval 'PT1S', now()
                from generate_series(1, ?) n""", tenant, state, state, state, ago, number);
    }
}
