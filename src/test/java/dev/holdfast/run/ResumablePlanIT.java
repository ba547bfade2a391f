package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.SQLException;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the list of resumable runs costs beside a hundred thousand others, whatever the planner believes of the table. */
class ResumablePlanIT {
    private static final int ENDED_WELL = 100_000;
    private static final int FAILED = 2_000;
    private static final int STALE = 30;

    /** For a page of fifty. */
    private static final int FEW_BLOCKS = 1_500;

    private static final RunFilter NO_FILTER =
            new RunFilter(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final UUID tenant = UUID.randomUUID();
    private Explainer explainer;

    @BeforeEach
    void manyRunsOfWhichTheOldestFailed() throws SQLException {
        Flyway.configure(Runs.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        explainer = new Explainer(database);
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
    void drop() throws SQLException {
        explainer.close();
        TestPostgres.shared().drop(database);
    }

    @Test
    void D7_aPageOfResumableRunsIsFoundWithoutAWalkThroughTheOthers() throws SQLException {
        assertFewBlocks("never analysed");
        rows.execute("analyze");
        assertFewBlocks("analysed");
    }

    private void assertFewBlocks(String belief) throws SQLException {
        for (var mode : Explainer.MODES) {
            explainer.planning(mode);
            explainer.next(mode);
            new Runs(explainer).ids(new RunSearch(tenant, NO_FILTER).movableBy(Move.RESUMED), 51);
            var plan = explainer.plans().get(mode);

            assertThat(plan.at("/Plan/Actual Rows").asInt()).isEqualTo(51);
            assertThat(Explainer.nodes(plan))
                    .as("%s, %s\n%s", belief, mode, plan.toPrettyString())
                    .anyMatch(node -> node.path("Index Name").asText().equals("runs_resumable"))
                    .noneMatch(node -> node.path("Index Name").asText().equals("runs_newest"));
            assertThat(Explainer.blocks(plan))
                    .as("%s, %s\n%s", belief, mode, plan.toPrettyString())
                    .isLessThan(FEW_BLOCKS);
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
