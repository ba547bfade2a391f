package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import java.util.ArrayList;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lists of the few cost beside a hundred thousand others: of those that can be resumed whatever the planner believes of the table. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RunListPlanIT {
    private static final int ENDED_WELL = 100_000;
    private static final int FAILED = 2_000;
    private static final int STALE = 30;

    /** For a page of fifty. */
    private static final int FEW_BLOCKS = 500;

    private static final RunFilter NO_FILTER =
            new RunFilter(null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);

    private final UUID tenant = UUID.randomUUID();
    private Explainer database;
    private Rows rows;

    @BeforeAll
    void manyRunsOfWhichTheOldestFailed() {
        database = new Explainer();
        rows = database.rows();
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        lane("plain");
        ended("plain", "failed", FAILED, "P20D");
        ended("plain", "completed", ENDED_WELL, "P10D");
        inFlight("plain", STALE);
        lane("rare");
        ended("rare", "completed", 5, "P40D");
        ended("rare", "failed", 3, "P40D");
        inFlight("rare", 4);
        rows.execute("vacuum labels");
    }

    @AfterAll
    void drop() {
        database.close();
    }

    @Test
    @Order(1) // before anything is analysed
    void D7_aPageOfResumableRunsIsFoundWithoutAWalkThroughTheOthers() {
        assertResumableAreFound("never analysed");
        rows.execute("analyze");
        assertResumableAreFound("analysed");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'state': 'claimed'}                             | 34",
                "{'state': 'failed'}                              | 51",
                "{'state': 'queued'}                              | 0",
                "{'state': 'suspended'}                           | 0",
                "{'state': 'cancelled'}                           | 0",
                "{'state': ['queued', 'cancelled']}               | 0",
                "{'state': ['failed', 'cancelled']}               | 51",
                "{'state': ['claimed', 'running', 'suspended']}   | 34",
                "{'state': ['running', 'queued']}                 | 0",
                "{'failureCode': 'never'}                         | 0",
                "{'category': 'human'}                            | 0",
                "{'category': 'work'}                             | 51",
                "{'subject': 'subject-17', 'state': 'completed'}  | 1",
                "{'subject': 'nobody'}                            | 0",
                "{'endUser': 'user-17'}                           | 2",
                "{'endUser': 'nobody'}                            | 0",
                "{'type': 'type-17'}                              | 2",
                "{'type': 'type-17', 'state': 'failed'}           | 1",
                "{'type': 'nothing'}                              | 0",
                "{'workerId': 'worker-17'}                        | 2",
                "{'workerId': 'worker'}                           | 34",
                "{'workerId': 'nobody'}                           | 0",
                "{'label': 'number:17'}                           | 2",
                "{'label': ['number:17', 'state:failed']}         | 1",
                "{'label': ['state:completed', 'number:17']}      | 1",
                "{'label': 'state:completed'}                     | 51",
                "{'label': 'nothing:nowhere'}                     | 0",
                "{'lane': 'rare'}                                 | 12",
                "{'lane': 'rare', 'state': 'completed'}           | 5",
                "{'lane': 'rare', 'state': ['failed', 'queued']}  | 3",
                "{'lane': 'rare', 'resumable': true}              | 7",
                "{'lane': 'rare', 'stale': false}                 | 8",
                "{'lane': 'nobody uses it'}                       | 0",
                "{'lane': 'plain'}                                | 51"
            })
    void theFewThatAreAskedForAreFoundWithoutAWalkThroughTheOthers(String filter, int many)
            throws JsonProcessingException {
        rows.execute("analyze");
        var asked = JsonMapper.builder().build().readValue(filter.replace('\'', '"'), RunFilter.class);
        var found = new ArrayList<Integer>();

        var plans = database.plans(() -> found.add(
                new Runs(database).ids(new RunSearch(tenant, asked), 51).size()));

        assertThat(found).containsExactly(many, many);
        assertThat(plans).allSatisfy(plan -> assertThat(Explainer.blocks(plan)).isLessThan(FEW_BLOCKS));
    }

    @Test
    void aLaneOfManyRunsShowsItsNewest() {
        var ofPlain = new RunFilter(
                null, "plain", null, null, null, null, null, null, null, null, null, null, null, null, null);
        var newest = rows.all("select id from runs where lane = 'plain' order by submitted_at desc, id desc limit 51");

        assertThat(new Runs(database).ids(new RunSearch(tenant, ofPlain), 51))
                .isEqualTo(newest.stream().map(row -> row.get("id")).toList());
    }

    private void assertResumableAreFound(String belief) {
        var search = new RunSearch(tenant, NO_FILTER).movableBy(Move.RESUMED);
        assertThat(database.plans(() -> new Runs(database).ids(search, 51)))
                .as(belief)
                .hasSize(2)
                .allSatisfy(plan -> {
                    assertThat(plan.path("Actual Rows").asInt()).isEqualTo(51);
                    assertThat(plan.toString()).contains("runs_resumable").doesNotContain("runs_newest");
                    assertThat(Explainer.blocks(plan)).isLessThan(FEW_BLOCKS);
                });
    }

    private void lane(String name) {
        rows.change("insert into lanes (tenant_id, name, heartbeat) values (?, ?, 'required')", tenant, name);
    }

    private void inFlight(String lane, int number) {
        rows.change("""
                with made as (
                    insert into runs (tenant_id, id, lane, state, fence, attempt, worker_id, submitted_at, claimed_at)
                    select ?, gen_random_uuid(), ?, 'claimed', 1, 1, 'worker', at, at
                    from generate_series(1, ?) n cross join lateral (select now() - interval 'P30D' as at) t
                    returning *
                )
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, fence, worker_id, claimed_at, claimed_at, sha256('none'), now(), now()
                from made""", tenant, lane, number);
    }

    private void ended(String lane, String state, int number, String ago) {
        rows.change("""
                insert into runs (tenant_id, id, lane, type, worker_id, labels, state, subject, end_user, failure_code,
                                  failure_category, submitted_at, ended_at)
                select ?, gen_random_uuid(), ?, 'type-' || n, 'worker-' || n,
                       jsonb_build_object('number', cast(n as text), 'state', cast(? as text)), cast(? as text),
                       'subject-' || n, 'user-' || n,
                       case when ? = 'failed' then 'no' end, case when ? = 'failed' then 'work' end,
                       now() - cast(? as interval) + n * interval 'PT1S', now()
                from generate_series(1, ?) n""", tenant, lane, state, state, state, state, ago, number);
    }
}
