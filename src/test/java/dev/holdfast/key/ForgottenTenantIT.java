package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Belongings;
import dev.holdfast.testkit.Forgetful;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The matrix of {@link AuthorizationIT} once more, as far as it is about other tenants, against a node none of whose
 * statements asks for the tenant: row-level security alone has to hold. And then without it, so that it is shown to be what
 * holds.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ForgottenTenantIT {
    private static final Logger LOG = Logger.getLogger(ForgottenTenantIT.class.getName());

    /** A figure to notice by that statements are no longer rewritten; new ones come, old ones go. */
    private static final int STATEMENTS = 35;

    private static final int LEAKS = 5;

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private Forgetful node;
    private Matrix matrix;
    private Tenant stranger;

    @BeforeAll
    void start() {
        node = Forgetful.on(database);
        rows.change("update reaper set enabled = false");
        matrix = new Matrix(rows, Tenant.newOn(node.server(), rows));
        stranger = Tenant.newOn(node.server(), rows);
        Belongings.of(stranger);
    }

    @AfterAll
    void stop() {
        node.server().kill();
        TestPostgres.shared().drop(database);
    }

    @Test
    @Order(1)
    void I8_withEveryTenantPredicateForgottenAnotherTenantsKeyFindsNothing() {
        matrix.findsNothing(stranger.api(), Scope.OF_TENANT);
    }

    @Test
    @Order(2)
    void I8_withEveryTenantPredicateForgottenAnotherTenantsRunKeyFindsNothing() {
        var key = stranger.claimed("elsewhere").runKey();
        matrix.findsNothing(Api.at(node.server().uri()).withKey(key), Set.of(Scope.OWN_RUN));
    }

    @Test
    @Order(3)
    void I8_oneForgottenTenantPredicateYieldsZeroForeignRows() {
        stranger.api().submit("own");
        assertThat(listed()).isEqualTo(stored("where tenant_id = '" + stranger.id() + "'"));

        node.withoutWalls(() -> assertThat(listed()).isEqualTo(stored("")));

        assertThat(listed()).isEqualTo(stored("where tenant_id = '" + stranger.id() + "'"));
    }

    @Test
    @Order(4)
    void I8_aTenantsSweepWithItsPredicateForgottenTakesNoOthersRuns() {
        var own = stranger.claimed("swept");
        matrix.changingNothing(softly -> {
            var sweep = stranger.sweep(Map.of("cutoff", "PT0S"));
            softly.assertThat(sweep.path("verdicts").findValuesAsText("runId")).contains(own.runId());
        });
        assertThat(node.statements()).anyMatch(sql -> sql.contains("insert into verdicts"));
    }

    /** The last one: it leaves little of the other tenant. */
    @Test
    @Order(5)
    void I8_withoutTheWallsTheSameCallsTellAndChangeWhatIsAnothers() {
        var statements = node.statements();
        assertThat(statements.size()).as("statements that forget the tenant").isGreaterThan(STATEMENTS);
        node.withoutWalls(() -> {
            var telling = new ArrayList<Reply>();
            var touched = matrix.touched(() -> telling.addAll(matrix.tellingOfIt(stranger.api())));
            LOG.info(
                    "The tenant forgotten in %d statements: %s; without row-level security %d replies tell of another's, and %d of its rows change"
                            .formatted(statements.size(), matrix, telling.size(), touched.size()));
            assertThat(telling.size()).isGreaterThan(LEAKS);
            assertThat(touched.size()).isGreaterThan(LEAKS);
        });
    }

    private Set<String> listed() {
        return stranger.api()
                .get("/api/v1/runs?limit=500")
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .map(run -> run.path("id").asText())
                .collect(Collectors.toSet());
    }

    private Set<String> stored(String where) {
        return rows.all("select id from runs " + where).stream()
                .map(row -> row.get("id").toString())
                .collect(Collectors.toSet());
    }
}
