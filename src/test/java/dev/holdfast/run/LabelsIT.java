package dev.holdfast.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.net.URLEncoder;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** What is kept beside the runs, so that those with a label are found. */
class LabelsIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);

    @Test
    void aRunIsFoundByEachOfItsLabels() {
        var value = "ü:'\"\\ " + "€".repeat(193);
        var run = submitted(Map.of("team", "growth", "a/b.c", value));

        assertThat(found("team:growth")).containsExactly(run);
        assertThat(found("a/b.c:" + value)).containsExactly(run);
        assertThat(found("team:growth", "a/b.c:" + value)).containsExactly(run);
        assertThat(found("team:growt")).isEmpty();
        assertThat(found("team:growth", "a/b.c:" + value + " ")).isEmpty();
    }

    @Test
    void C9_retentionTakesTheLabelsOfARunWithIt() {
        tenant.lane("kept", Map.of("retention", "PT1M"));
        tenant.api().submit("kept", Map.of("labels", Map.of("team", "growth", "size", "L")));
        tenant.api().complete(tenant.api().claimOne("w", "kept")).expect(200);
        var stays = submitted(Map.of("team", "growth"));
        rows.change("update runs set ended_at = ended_at - interval 'PT1H' where tenant_id = ?", tenant.id());

        tenant.sweep(Map.of("phases", List.of("retention")));

        assertThat(rows.all("select run_id from labels where tenant_id = ?", tenant.id()))
                .containsExactly(Map.of("run_id", UUID.fromString(stays)));
    }

    @Test
    void runsOfTheReleaseBeforeAreFoundByTheirLabels() {
        var database = TestPostgres.shared().newDatabase();
        try {
            migrate(database, "016");
            var old = Rows.of(database);
            var owner = UUID.randomUUID();
            var run = UUID.randomUUID();
            old.change("insert into tenants (id, name) values (?, 'old')", owner);
            old.change("insert into lanes (tenant_id, name, heartbeat) values (?, 'old', 'required')", owner);
            old.change("""
                    insert into runs (tenant_id, id, lane, state, labels)
                    values (?, ?, 'old', 'queued', '{"team": "growth", "size": "L"}'), (?, gen_random_uuid(), 'old', 'queued', null)""", owner, run, owner);

            migrate(database, "latest");

            assertThat(old.all(
                            "select run_id from labels where tenant_id = ? and name = 'team' and value = 'growth'",
                            owner))
                    .containsExactly(Map.of("run_id", run));
            assertThat(old.count("select count(*) from labels where tenant_id = ?", owner))
                    .isEqualTo(2);
        } finally {
            TestPostgres.shared().drop(database);
        }
    }

    private static void migrate(TestPostgres.Database database, String target) {
        Flyway.configure(Database.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .target(target)
                .load()
                .migrate();
    }

    private String submitted(Map<String, String> labels) {
        return tenant.api()
                .submit("labelled", Map.of("labels", labels))
                .path("id")
                .asText();
    }

    private List<String> found(String... labels) {
        var query = Stream.of(labels)
                .map(label -> "label=" + URLEncoder.encode(label, UTF_8))
                .collect(joining("&"));
        return tenant.api()
                .get("/api/v1/runs?" + query)
                .expect(200)
                .json()
                .path("items")
                .findValuesAsText("id");
    }
}
