package dev.holdfast.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.event.TenantTimeline.Filter;
import dev.holdfast.testkit.Explainer;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What it costs to list who was reaped beside a hundred thousand other events. */
class ReapedPlanIT {
    private static final int OTHERS = 100_000;
    private static final int REAPED = 20;
    private static final int FEW_BLOCKS = 200;

    private final Explainer database = new Explainer();
    private final UUID tenant = UUID.randomUUID();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void theFewThatWereReapedAreFoundWithoutAWalkThroughTheOthers() {
        for (var made : Map.of("reaped", REAPED, "submitted", OTHERS).entrySet()) {
            database.rows()
                    .change(
                            "insert into events (tenant_id, run_id, seq, type, actor_kind, fence)"
                                    + " select ?, gen_random_uuid(), 1, ?, 'reaper', 1 from generate_series(1, ?)",
                            tenant,
                            made.getKey(),
                            made.getValue());
        }
        database.rows().execute("analyze events");

        var timeline = new TenantTimeline(database);
        var plans = database.plans(() -> {
            timeline.before(tenant, Place.LAST, new Filter(null, "reaped"), 500);
            timeline.after(tenant, Place.after(0), new Filter(null, "reaped"), 500);
        });

        assertThat(plans).hasSize(2 * 2).allSatisfy(plan -> {
            assertThat(plan.path("Actual Rows").asInt()).isEqualTo(REAPED);
            assertThat(Explainer.blocks(plan)).as(plan.toPrettyString()).isLessThan(FEW_BLOCKS);
        });
    }
}
