package dev.holdfast.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the tenant's figures cost beside a hundred thousand runs that have ended: what is active and recent alone. */
class StatsPlanIT {
    private static final int ENDED = 100_000;
    private static final int QUEUED = 200;
    private static final int RECENT = 100;

    /** One or two a row that counts, and the way to it: a hundredth of what is stored. */
    private static final int FEW_BLOCKS = 1_000;

    private final Explainer database = new Explainer();
    private final Rows rows = database.rows();
    private final UUID tenant = UUID.randomUUID();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void whatIsStoredBesidesIsNotLookedAt() {
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("insert into lanes (tenant_id, name) values (?, 'plain'), (?, 'other')", tenant, tenant);
        made("queued", QUEUED, "PT10M");
        made("completed", RECENT, "PT2M");
        rows.execute("analyze");
        made("completed", ENDED, "P2D");
        assertFewBlocks("analysed before");
        rows.execute("analyze");
        assertFewBlocks("analysed");

        var stats = new Stats(database).of(tenant);
        assertThat(stats.queued()).isEqualTo(QUEUED);
        assertThat(stats.minutes().stream().mapToLong(Stats.Minute::completed).sum())
                .isEqualTo(RECENT);
    }

    private void assertFewBlocks(String belief) {
        var plans = database.plans(() -> new Stats(database).of(tenant));
        assertThat(plans).hasSize(2 * 3).allSatisfy(plan -> {
            assertThat(Explainer.scans(plan, "runs"))
                    .as("%s\n%s", belief, plan.toPrettyString())
                    .isFalse();
            assertThat(Explainer.blocks(plan))
                    .as("%s, blocks touched\n%s", belief, plan.toPrettyString())
                    .isLessThan(FEW_BLOCKS);
        });
    }

    private void made(String state, int number, String ago) {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, submitted_at, available_at, ended_at)
                select ?, gen_random_uuid(), case when n % 4 = 0 then 'other' else 'plain' end, cast(? as text), at, at,
                       case when ? = 'completed' then at end
                from generate_series(1, ?) n cross join lateral (select statement_timestamp() - cast(? as interval) as at) t""", tenant, state, state, number, ago);
    }
}
