package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.run.WaitingRoom.Place;
import dev.holdfast.testkit.Explainer;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What those who wait are told of their lanes, and that it costs a few steps of an index, however much is queued there. */
class ProspectsPlanIT {
    private static final int FEW_BLOCKS = 200;

    private final Explainer database = new Explainer();
    private final Prospects prospects = new Prospects(database);
    private final Rows rows = database.rows();
    private final UUID tenant = UUID.randomUUID();

    @BeforeEach
    void lanes() {
        rows.change("insert into tenants (id, name) values (?, 'planned')", tenant);
        rows.change("""
                insert into lanes (tenant_id, name, max_in_flight, paused)
                values (?, 'delayed', null, false), (?, 'ready', 10, false), (?, 'empty', null, false), (?, 'paused', null, true)""", tenant, tenant, tenant, tenant);
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void itIsToldWhatCanBeClaimedAndWhenTheNextCan() {
        queued("delayed", 1, 50_000, "PT1H");
        queued("delayed", 7, 50_000, "PT2H");
        queued("delayed", -3, 1, "PT20S");
        queued("ready", 0, 1, "PT-1S");
        queued("ready", 5, 10_000, "PT30M");
        queued("paused", 0, 1, "PT-1S");

        for (var belief : List.of("never analysed", "analysed")) {
            assertThat(database.plans(this::look)).hasSize(2).allSatisfy(plan -> assertThat(Explainer.blocks(plan))
                    .as("%s\n%s", belief, plan.toPrettyString())
                    .isLessThan(FEW_BLOCKS));
            rows.execute("analyze");
        }

        assertThat(look()).hasSize(3).allSatisfy(prospect -> {
            switch (prospect.place().lane()) {
                case "delayed" -> {
                    assertThat(prospect.some()).isFalse();
                    assertThat(prospect.limited()).isFalse();
                    assertThat(prospect.next()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(20));
                }
                case "ready" -> {
                    assertThat(prospect.some()).isTrue();
                    assertThat(prospect.limited()).isTrue();
                    assertThat(prospect.next()).isBetween(Duration.ofMinutes(20), Duration.ofMinutes(30));
                }
                default -> {
                    assertThat(prospect.some()).isFalse();
                    assertThat(prospect.next()).isNull();
                }
            }
        });
    }

    private List<Prospects.Prospect> look() {
        return prospects.of(Stream.of("delayed", "ready", "empty", "paused", "unheard-of")
                .map(lane -> new Place(tenant, lane))
                .toList());
    }

    private void queued(String lane, int priority, int number, String ahead) {
        rows.change("""
                insert into runs (tenant_id, id, lane, state, priority, available_at)
                select ?, gen_random_uuid(), ?, 'queued', ?, statement_timestamp() + cast(? as interval)
                from generate_series(1, ?)""", tenant, lane, priority, ahead, number);
    }
}
