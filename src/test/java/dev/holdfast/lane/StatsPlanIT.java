package dev.holdfast.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the tenant's figures cost beside a hundred thousand runs that have ended: as much as without them. */
class StatsPlanIT {
    private static final int ENDED = 100_000;

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
        made("queued", 2_000, "PT10M");
        made("completed", 300, "PT2M");
        rows.execute("analyze");
        var alone = plans();
        made("completed", ENDED, "P2D");
        assertNoMore("analysed before", alone, plans());
        rows.execute("analyze");
        assertNoMore("analysed", alone, plans());
        assertThat(new Stats(database).of(tenant).queued()).isEqualTo(2_000);
        assertThat(new Stats(database).of(tenant).minutes())
                .extracting(Stats.Minute::completed)
                .contains(300L)
                .allMatch(runs -> runs <= 300);
    }

    private List<JsonNode> plans() {
        return database.plans(() -> new Stats(database).of(tenant));
    }

    private static void assertNoMore(String belief, List<JsonNode> before, List<JsonNode> after) {
        assertThat(after).hasSize(2 * 3);
        for (int i = 0; i < after.size(); i++) {
            var plan = after.get(i);
            assertThat(Explainer.scans(plan, "runs"))
                    .as("%s\n%s", belief, plan.toPrettyString())
                    .isFalse();
            assertThat(Explainer.blocks(plan))
                    .as("%s, blocks touched\n%s", belief, plan.toPrettyString())
                    .isLessThan(2 * Explainer.blocks(before.get(i)) + 100);
        }
    }

    private void made(String state, int number, String ago) {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, submitted_at, available_at, ended_at)
                select ?, gen_random_uuid(), case when n % 4 = 0 then 'other' else 'plain' end, cast(? as text), at, at,
                       case when ? = 'completed' then at end
                from generate_series(1, ?) n cross join lateral (select statement_timestamp() - cast(? as interval) as at) t""", tenant, state, state, number, ago);
    }
}
