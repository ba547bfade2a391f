package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;

/** A database of a test's own with the schema in it, which keeps the plan of each statement that it is asked. */
public final class Explainer extends Database implements AutoCloseable {
    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final List<JsonNode> plans = new ArrayList<>();
    private final Connection session;

    public Explainer() {
        Flyway.configure(Database.class.getClassLoader())
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .load()
                .migrate();
        try {
            session = database.connect();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        // It would analyse in the midst of a test.
        for (var table : List.of("runs", "leases", "approvals")) {
            rows().execute("alter table " + table + " set (autovacuum_enabled = off)");
        }
    }

    public Rows rows() {
        return Rows.of(database);
    }

    /** Plans of what the asking asks, in order, in both ways in which PostgreSQL makes them: for the arguments and for any. */
    public List<JsonNode> plans(Runnable asking) {
        plans.clear();
        for (var mode : List.of("force_custom_plan", "force_generic_plan")) {
            execute("set plan_cache_mode = " + mode);
            asking.run();
        }
        return List.copyOf(plans);
    }

    public static long blocks(JsonNode plan) {
        return plan.path("Shared Hit Blocks").asLong()
                + plan.path("Shared Read Blocks").asLong();
    }

    /** Whether some part of the plan reads the whole table. */
    public static boolean scans(JsonNode plan, String table) {
        return nodes(plan)
                .anyMatch(node -> node.path("Node Type").asText().equals("Seq Scan")
                        && node.path("Relation Name").asText().equals(table));
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        TestPostgres.shared().drop(database);
    }

    @Override
    protected <T> List<T> run(Pool pool, String sql, RowMapper<T> mapper, Object... arguments) {
        plans.add(explained(sql, arguments));
        try {
            return rows(session, sql, mapper, arguments);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private JsonNode explained(String sql, Object... arguments) {
        var parts = (sql + " ").split("\\?");
        var numbered = IntStream.range(0, parts.length)
                .mapToObj(i -> (i == 0 ? "" : "$" + i) + parts[i])
                .collect(Collectors.joining());
        execute("deallocate all");
        execute("prepare asked " + types(arguments) + " as " + numbered);
        try (var statement = session.createStatement()) {
            var plan = statement.executeQuery("explain (analyze, buffers, format json) execute asked ("
                    + Arrays.stream(arguments).map(Explainer::literal).collect(Collectors.joining(", ")) + ")");
            plan.next();
            return JsonMapper.builder().build().readTree(plan.getString(1)).at("/0/Plan");
        } catch (SQLException | JsonProcessingException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private void execute(String sql) {
        try (var statement = session.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private static String types(Object... arguments) {
        return arguments.length == 0
                ? ""
                : Arrays.stream(arguments)
                        .map(argument -> argument instanceof Database.Array array ? array.type() + "[]" : "unknown")
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String literal(Object argument) {
        if (argument instanceof Database.Array array) {
            var values = Stream.of(array.values()).map(Explainer::literal).collect(Collectors.joining(", "));
            return "cast(array[" + values + "] as " + array.type() + "[])";
        }
        if (argument instanceof byte[] bytes) {
            return "'\\x" + HexFormat.of().formatHex(bytes) + "'";
        }
        return argument == null ? "null" : "'" + argument + "'";
    }

    /** How many rows a step of a plan looked at, in all its turns. */
    public static double rowsSeen(JsonNode node) {
        double each = node.path("Actual Rows").asDouble()
                + node.path("Rows Removed by Filter").asDouble()
                + node.path("Rows Removed by Join Filter").asDouble();
        return each * node.path("Actual Loops").asDouble();
    }

    /** All steps of a plan. */
    public static Stream<JsonNode> nodes(JsonNode node) {
        return Stream.concat(Stream.of(node), node.path("Plans").valueStream().flatMap(Explainer::nodes));
    }
}
