package dev.holdfast.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A database that explains each statement instead of answering it: runs it, keeps its plan and undoes it. */
final class Explainer extends Database implements AutoCloseable {
    /** Prepared statements are planned for their arguments at first, and once for all arguments later. */
    static final List<String> MODES = List.of("force_custom_plan", "force_generic_plan");

    private final Map<String, JsonNode> plans = new LinkedHashMap<>();
    private final Connection session;
    private String name;

    Explainer(TestPostgres.Database database) throws SQLException {
        session = database.connect();
        session.setAutoCommit(false);
    }

    void planning(String mode) throws SQLException {
        try (var statement = session.createStatement()) {
            statement.execute("set plan_cache_mode = " + mode);
            session.commit();
        }
    }

    /** The next statement's plan is kept by this name. */
    void next(String statement) {
        name = statement;
    }

    Map<String, JsonNode> plans() {
        return new LinkedHashMap<>(plans);
    }

    void forget() {
        plans.clear();
    }

    @Override
    public <T> List<T> query(String sql, RowMapper<T> mapper, Object... arguments) {
        plans.put(name, explain(sql, arguments));
        return List.of();
    }

    @Override
    public void close() throws SQLException {
        session.close();
    }

    static long blocks(JsonNode plan) {
        return plan.at("/Plan/Shared Hit Blocks").asLong()
                + plan.at("/Plan/Shared Read Blocks").asLong();
    }

    /** Every step of the plan. */
    static Stream<JsonNode> nodes(JsonNode plan) {
        return steps(plan.path("Plan"));
    }

    private static Stream<JsonNode> steps(JsonNode step) {
        return Stream.concat(Stream.of(step), step.path("Plans").valueStream().flatMap(Explainer::steps));
    }

    private JsonNode explain(String sql, Object... arguments) {
        var parts = (sql + " ").split("\\?");
        var numbered = IntStream.range(0, parts.length)
                .mapToObj(i -> (i == 0 ? "" : "$" + i) + parts[i])
                .collect(Collectors.joining());
        try (var statement = session.createStatement()) {
            statement.execute("deallocate all");
            statement.execute("prepare explained as " + numbered);
            var plan = statement.executeQuery("explain (analyze, buffers, format json) execute explained ("
                    + Arrays.stream(arguments).map(Explainer::literal).collect(Collectors.joining(", ")) + ")");
            plan.next();
            return JsonMapper.builder().build().readTree(plan.getString(1)).get(0);
        } catch (SQLException | JsonProcessingException e) {
            throw new IllegalStateException(sql, e);
        } finally {
            rollBack();
        }
    }

    private void rollBack() {
        try {
            session.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String literal(Object argument) {
        if (argument instanceof Database.Array array) {
            return Stream.of(array.values()).map(Object::toString).collect(Collectors.joining(",", "'{", "}'"));
        }
        return argument == null ? "null" : "'" + argument + "'";
    }
}
