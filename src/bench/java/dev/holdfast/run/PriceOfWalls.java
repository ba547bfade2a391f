package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What row-level security adds to a machine's call: the very statements of a claim, a heartbeat and the read of a run, each
 * its own transaction over plain JDBC, prepared, in turns with the tenant said before each of them, with a connection that
 * knows it, and past all policies. Ten tenants share the tables.
 */
public final class PriceOfWalls {
    private static final int ROUNDS = 3_000;
    private static final int WARM_UP = 500;
    private static final int TENANTS = 10;

    /** What is claimed or beaten leaves old versions of rows behind, and who comes later must not pay for them. */
    private static final int CLEANED_EVERY = 100;

    private static final int RUNS = 4 * (ROUNDS + WARM_UP);
    private static final String KEY = "the-bootstrap-key-of-the-measurements";

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final Map<String, Said> statements = new LinkedHashMap<>();
    private UUID tenant;

    /** A statement as the application says it. */
    private record Said(String sql, Object[] arguments) {}

    /** A way to say it. @param before what is said first; null for nothing */
    private record Way(String name, PreparedStatement before, PreparedStatement statement) {
        long nanos() throws SQLException {
            long begun = System.nanoTime();
            if (before != null) {
                before.execute();
            }
            statement.executeQuery().close();
            return System.nanoTime() - begun;
        }
    }

    public static void main(String[] args) throws SQLException {
        var price = new PriceOfWalls();
        try {
            price.run();
        } finally {
            TestPostgres.shared().drop(price.database);
            TestPostgres.shared().process().stop();
        }
    }

    private void run() throws SQLException {
        HoldfastServer.named("bench")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", KEY)
                .start()
                .stop(); // it makes the tables and the walls
        stock();
        gather();
        System.out.printf(
                Locale.ROOT,
                "%nMedians of %,d, µs%n%-12s %12s %12s %12s %10s %10s%n",
                ROUNDS,
                "",
                "told each",
                "told before",
                "no policies",
                "policies",
                "in all");
        for (var name : statements.keySet()) {
            measure(name, statements.get(name));
        }
    }

    private void measure(String name, Said said) throws SQLException {
        try (var each = asApplication();
                var before = asApplication();
                var unbound = database.connect()) {
            try (var tell = tenantOf(before)) {
                tell.execute();
            }
            var ways = List.of(
                    new Way("each", tenantOf(each), prepared(each, said)),
                    new Way("before", null, prepared(before, said)),
                    new Way("unbound", null, prepared(unbound, said)));
            var times = new LinkedHashMap<String, List<Long>>();
            for (int round = -WARM_UP; round < ROUNDS; round++) {
                if (round % CLEANED_EVERY == 0) {
                    rows.execute("vacuum runs, leases");
                }
                for (var way : ways) {
                    long nanos = way.nanos();
                    if (round >= 0) {
                        times.computeIfAbsent(way.name(), first -> new ArrayList<>())
                                .add(nanos);
                    }
                }
            }
            double told = median(times.get("each"));
            double known = median(times.get("before"));
            double none = median(times.get("unbound"));
            System.out.printf(
                    Locale.ROOT,
                    "%-12s %12.0f %12.0f %12.0f %+10.0f %+10.0f%n",
                    name,
                    told,
                    known,
                    none,
                    known - none,
                    told - none);
        }
    }

    /** Each tenant has as many runs waiting; one of the measured tenant's is in flight. */
    private void stock() {
        tenant =
                (UUID) rows.one("select id from tenants where name = 'default'").get("id");
        rows.change("insert into tenants (id, name) select gen_random_uuid(), 'bench-' || i from generate_series(2, "
                + TENANTS + ") i");
        rows.change("insert into lanes (tenant_id, name) select id, 'priced' from tenants");
        rows.change("""
                insert into runs (tenant_id, id, lane, state, input)
                select t.id, gen_random_uuid(), 'priced', 'queued', json_build_object('path', repeat('x', 200))
                from tenants t, generate_series(1, ?) i""", RUNS);
        rows.execute("vacuum analyze");
    }

    private void gather() {
        var key = (UUID)
                rows.one("select id from api_keys where tenant_id = ?", tenant).get("id");
        var asker = new Claims.Asker(tenant, key, List.of("priced"));
        var offers = List.of(new Claims.Offer("worker", new byte[32], "correlation"));
        var ttl = Duration.ofHours(2);
        var claims = new Claims(gatherer("claim"), mute());
        claims.claim(asker, offers, ttl, ttl);
        inFlight();
        var lease = rows.one("select run_id, fence from leases where tenant_id = ? limit 1", tenant);
        var sign =
                new Heartbeats.Sign((UUID) lease.get("run_id"), (long) lease.get("fence"), null, null, "correlation");
        new Heartbeats(gatherer("heartbeat"), silent(), mute()).take(tenant, List.of(sign), ttl, false);
        new Runs(gatherer("get run")).find(tenant, sign.runId());
    }

    private void inFlight() {
        try (var connection = asApplication();
                var tell = tenantOf(connection);
                var claim = prepared(connection, statements.get("claim"))) {
            tell.execute();
            claim.executeQuery().close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RunMetrics silent() {
        return new RunMetrics() {
            @Override
            public void moved(Move move, long runs) {
                // counted by nobody here
            }
        };
    }

    private static Herald mute() {
        return new Herald() {
            @Override
            public void moved(UUID tenant, Collection<RunRow> runs, Predicate<RunRow> later) {
                // heard by nobody here
            }

            @Override
            public void wrote(UUID tenant, Collection<UUID> runs) {
                // nor this
            }
        };
    }

    private Database gatherer(String name) {
        return new Database() {
            @Override
            protected <T> List<T> run(Pool pool, String sql, RowMapper<T> mapper, Object... arguments) {
                statements.put(name, new Said(sql, arguments));
                return List.of();
            }
        };
    }

    /** As the pool of the application connects. */
    private Connection asApplication() throws SQLException {
        var connection = DriverManager.getConnection(
                database.url() + (database.url().contains("?") ? "&" : "?") + "prepareThreshold=2",
                database.user(),
                database.password());
        connection.createStatement().execute("set role holdfast_app");
        return connection;
    }

    private PreparedStatement tenantOf(Connection connection) throws SQLException {
        var statement = connection.prepareStatement("select set_config('holdfast.tenant', ?, false)");
        statement.setString(1, tenant.toString());
        return statement;
    }

    private static PreparedStatement prepared(Connection connection, Said said) throws SQLException {
        var statement = connection.prepareStatement(said.sql());
        for (int i = 0; i < said.arguments().length; i++) {
            var value = said.arguments()[i];
            if (value instanceof Database.Array array) {
                statement.setArray(i + 1, connection.createArrayOf(array.type(), array.values()));
            } else if (value instanceof Duration duration) {
                statement.setString(i + 1, duration.toString());
            } else {
                statement.setObject(i + 1, value);
            }
        }
        return statement;
    }

    private static double median(List<Long> nanos) {
        return nanos.stream().sorted().skip(nanos.size() / 2).findFirst().orElseThrow() / 1e3;
    }
}
