package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Statements;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What PostgreSQL itself keeps from a tenant, whatever a statement forgets to ask. */
class WallsIT {
    private final Rows rows = Rows.ofCluster();

    @Test
    void everyTableThatHasATenantIsWalled() {
        assertThat(rows.all("""
                        select c.relname from pg_class c
                        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
                          and (c.relname = 'tenants' or exists (
                               select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
                          and not (c.relrowsecurity and c.relforcerowsecurity)""")).isEmpty();
        assertThat(rows.count("select count(*) from pg_policies where policyname = 'own_tenant'"))
                .isGreaterThan(5);
        assertThat(rows.count("""
                        select count(*) from pg_class c join pg_roles r on r.oid = c.relowner
                        where c.relnamespace = 'public'::regnamespace and r.rolname in ('holdfast_app', 'holdfast_everybody')""")).as("tables that they own").isZero();
    }

    /** Of tables too that have no rows yet. */
    @Test
    void noPolicyLetsTheApplicationBeyondItsTenant() {
        assertThat(rows.all("""
                        select tablename, policyname, cmd, qual, with_check from pg_policies
                        where schemaname = 'public' and roles && array['public', 'holdfast_app']::name[]
                          and (policyname <> 'own_tenant' or permissive <> 'PERMISSIVE' or cmd <> 'ALL' or with_check is not null
                               or regexp_replace(qual, '\\s+', ' ', 'g') <> format(
                                    '(%s = ( SELECT (NULLIF(current_setting(''holdfast.tenant''::text, true), ''''::text))::uuid AS "nullif"))',
                                    case tablename when 'tenants' then 'id' else 'tenant_id' end))""")).isEmpty();
        assertThat(rows.all("""
                        select rolname from pg_roles r
                        where rolname in ('holdfast_app', 'holdfast_everybody')
                          and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb
                               or exists (select from pg_auth_members where member = r.oid))""")).isEmpty();
    }

    @Test
    void aStatementThatForgetsTheTenantSeesAndChangesNoOthersRow() throws SQLException {
        var mine = busyTenant(Cluster.node(1), rows);
        var other = busyTenant(Cluster.node(1), rows);
        try (var connection = asApplication(Cluster.database())) {
            show(connection, mine.id());
            connection.setAutoCommit(false);
            for (var table : walled()) {
                assertThat(tenantsSeen(connection, table)).as(table).doesNotContain(other.id());
            }
            assertThat(tenantsSeen(connection, "runs")).containsExactly(mine.id());
            assertThat(tenantsSeen(connection, "events")).containsExactly(mine.id());

            assertThat(update(connection, "update runs set priority = 7")).isEqualTo(2);
            assertThat(update(connection, "delete from leases")).isEqualTo(1);
            connection.rollback();
            assertRefused(connection, "insert into tenants (id, name) values (gen_random_uuid(), 'x')");
            assertRefused(connection, "update runs set tenant_id = '" + other.id() + "'");
        }
    }

    /** The pool has ten connections, so of thirty calls at the least twenty find one that has served this tenant. */
    @Test
    void aConnectionIsToldWhomItServesOnlyWhenItServedAnotherBefore() {
        var tenant = Tenant.newOn(Cluster.node(1), rows);
        try (var statements = Statements.of(Cluster.database())) {
            for (int i = 0; i < 30; i++) {
                tenant.api().submit("lane");
            }
            assertThat(statements.heard())
                    .filteredOn(line -> line.contains("set_config('holdfast.tenant'"))
                    .hasSizeBetween(1, 10);
        }
    }

    /** In transactions that are rolled back too, which takes back what a connection was told in them. */
    @Test
    void tenantsThatTakeTurnsOnTheSameConnectionsEachSeeTheirOwn() {
        var tenants = List.of(Tenant.newOn(Cluster.node(1), rows), Tenant.newOn(Cluster.node(1), rows));
        var seen = Api.inParallel(8, i -> {
            var api = tenants.get(i % 2).api();
            for (int round = 0; round < 10; round++) {
                var run = api.submit("turns-" + i).path("id").asText();
                api.with("If-Match", "\"99\"")
                        .post("/api/v1/runs/" + run + "/cancel", Map.of("reason", "too late"))
                        .expect(412);
                api.beat(api.claimOne("worker", "turns-" + i)).expect(200);
            }
            return api.get("/api/v1/runs?limit=100")
                    .expect(200)
                    .json()
                    .path("items")
                    .size();
        });
        assertThat(seen).allSatisfy(runs -> assertThat(runs).isBetween(10, 40));
        for (var tenant : tenants) {
            assertThat(tenant.api().get("/api/v1/runs?limit=100").json().path("items"))
                    .hasSize(40);
        }
    }

    private static void assertRefused(Connection connection, String sql) throws SQLException {
        assertThatThrownBy(() -> update(connection, sql)).hasMessageContaining("row-level security");
        connection.rollback();
    }

    @Test
    void whoeverNamesNoTenantSeesNothing() throws SQLException {
        busyTenant(Cluster.node(1), rows);
        try (var connection = asApplication(Cluster.database())) {
            for (var table : walled()) {
                assertThat(tenantsSeen(connection, table)).as(table).isEmpty();
            }
            assertThatThrownBy(() -> update(connection, "alter table runs disable row level security"))
                    .hasMessageContaining("must be owner");
            assertThatThrownBy(() -> update(connection, "select * from schema_history"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void whatWasToldAndSealedCannotBeChangedByTheApplication() throws SQLException {
        var mine = busyTenant(Cluster.node(1), rows);
        try (var connection = asApplication(Cluster.database())) {
            show(connection, mine.id());
            for (var change : List.of(
                    "update events set actor_id = 'x'",
                    "delete from events",
                    "update seals set number = 7",
                    "delete from seals")) {
                assertThatThrownBy(() -> update(connection, change))
                        .as(change)
                        .hasMessageContaining("permission denied");
            }
        }
    }

    @Test
    void theDatabasesUserNeedNoMoreThanToOwnTheDatabase() throws SQLException {
        var bare = TestPostgres.shared().newDatabase();
        var admin = Rows.of(bare);
        admin.execute("drop role if exists plain_owner");
        admin.execute("create role plain_owner login password 'plain'");
        admin.execute("alter database " + bare.name() + " owner to plain_owner");
        var plain = new TestPostgres.Database(bare.name(), bare.url(), "plain_owner", "plain");
        var node = HoldfastServer.named("plain-owner")
                .on(plain)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .start();
        try {
            var api = Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY);
            api.submit("lane");
            api.complete(api.claimOne("w", "lane")).expect(200);
            api.post("/api/v1/sweeps", Map.of()).expect(200);
            assertThat(node.log()).contains("too few rights");
            try (var connection = DriverManager.getConnection(plain.url(), "plain_owner", "plain")) {
                assertThat(tenantsSeen(connection, "runs")).isEmpty();
            }
        } finally {
            node.stop();
            TestPostgres.shared().drop(bare);
        }
    }

    @Test
    void aUserWhomNothingBindsTakesOnTheRoleThatOwnsNothing() throws SQLException {
        var database = TestPostgres.shared().newDatabase();
        var superuser = new TestPostgres.Database(database.name(), database.url(), "postgres", database.password());
        var node = HoldfastServer.named("superuser")
                .on(superuser)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .start();
        try {
            var api = Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY);
            api.submit("lane");
            api.complete(api.claimOne("w", "lane")).expect(200);
            assertThat(node.log()).doesNotContain("too few rights").contains("too many rights: it is a superuser");
        } finally {
            node.stop();
            TestPostgres.shared().drop(database);
        }
    }

    /** With a run that is queued and one that is in flight. */
    private static Tenant busyTenant(HoldfastServer node, Rows rows) {
        var tenant = Tenant.newOn(node, rows);
        tenant.claimed("busy");
        tenant.api().submit("busy");
        return tenant;
    }

    /** As the pool of the application connects. */
    private static Connection asApplication(TestPostgres.Database database) throws SQLException {
        var connection = DriverManager.getConnection(database.url(), database.user(), database.password());
        update(connection, "set role holdfast_app");
        return connection;
    }

    private static void show(Connection connection, UUID tenant) throws SQLException {
        connection.createStatement().execute("select set_config('holdfast.tenant', '" + tenant + "', false)");
    }

    private List<String> walled() {
        return rows
                .all(
                        "select tablename from pg_policies where policyname = 'own_tenant' and tablename <> 'tenants' order by 1")
                .stream()
                .map(row -> (String) row.get("tablename"))
                .toList();
    }

    private static List<UUID> tenantsSeen(Connection connection, String table) throws SQLException {
        try (var result = connection.createStatement().executeQuery("select distinct tenant_id from " + table)) {
            var tenants = new ArrayList<UUID>();
            while (result.next()) {
                tenants.add(result.getObject(1, UUID.class));
            }
            return tenants;
        }
    }

    private static int update(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
            return statement.getUpdateCount();
        }
    }
}
