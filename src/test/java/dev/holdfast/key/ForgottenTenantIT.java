package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Belongings;
import dev.holdfast.testkit.Forgetful;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.util.List;
import java.util.Set;
import java.util.logging.Logger;
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
    private static final int STATEMENTS = 60;

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
        var own = rows.count("select count(*) from runs where tenant_id = ?", stranger.id());
        assertThat(listed()).hasSize((int) own);

        node.withoutWalls(() -> assertThat(listed()).hasSize((int) rows.count("select count(*) from runs")));

        assertThat(listed()).hasSize((int) own);
    }

    /** The last one: it leaves little of the other tenant. */
    @Test
    @Order(4)
    void I8_withoutTheWallsTheSameCallsTellAndChangeWhatIsAnothers() {
        assertThat(node.statements())
                .as("statements that forget the tenant")
                .hasSizeGreaterThan(STATEMENTS)
                .anyMatch(sql -> sql.contains("where cast(? as uuid) is not null"));
        node.withoutWalls(() -> {
            var reads = matrix.tellingOfIt(
                            stranger.api(), operation -> operation.method().equals("GET"))
                    .toList();
            var writes = matrix.tellingOfIt(
                            stranger.api(), operation -> !operation.method().equals("GET"))
                    .toList();
            LOG.info(
                    "Tenant predicates forgotten in %d statements: %s; without row-level security %d reads and %d writes tell of another tenant"
                            .formatted(node.statements().size(), matrix, reads.size(), writes.size()));
            assertThat(reads).hasSizeGreaterThan(8);
            assertThat(writes).hasSizeGreaterThan(3);
        });
    }

    private List<?> listed() {
        return List.copyOf(stranger.api()
                .get("/api/v1/runs?limit=500")
                .expect(200)
                .json()
                .path("items")
                .valueStream()
                .toList());
    }
}
