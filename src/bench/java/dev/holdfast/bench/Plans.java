package dev.holdfast.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.testkit.TestPostgres;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What PostgreSQL did for the statements of a running server: EXPLAIN (ANALYZE, BUFFERS), written by auto_explain into
 * PostgreSQL's log for the very statements that the server sends, with the plans that its sessions have come to.
 */
final class Plans {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String START = "plan:";

    private final Path log;

    /** @param log of PostgreSQL */
    Plans(Path log) {
        this.log = log;
    }

    /** A statement's text, how long it took and what it touched. */
    record Plan(String sql, double millis, JsonNode root) {
        /** Rows of the table that were looked at, those that a filter then refused included. */
        long read(String table) {
            return read(root, table);
        }

        private static long read(JsonNode node, String table) {
            long rows = node.path("Relation Name").asText().equals(table)
                    ? Math.round((node.path("Actual Rows").asDouble()
                                    + node.path("Rows Removed by Filter").asDouble()
                                    + node.path("Rows Removed by Index Recheck").asDouble())
                            * node.path("Actual Loops").asDouble())
                    : 0;
            for (var child : node.path("Plans")) {
                rows += read(child, table);
            }
            return rows;
        }

        long buffers() {
            return root.path("Shared Hit Blocks").asLong()
                    + root.path("Shared Read Blocks").asLong();
        }

        boolean scans(String table) {
            return scans(root, table);
        }

        private static boolean scans(JsonNode node, String table) {
            if (node.path("Node Type").asText().equals("Seq Scan")
                    && node.path("Relation Name").asText().equals(table)) {
                return true;
            }
            for (var child : node.path("Plans")) {
                if (scans(child, table)) {
                    return true;
                }
            }
            return false;
        }

        /** The plan, a line a node. */
        @Override
        public String toString() {
            var text = new StringBuilder();
            write(root, 0, text);
            return text.toString();
        }

        private static void write(JsonNode node, int depth, StringBuilder text) {
            text.append("      ")
                    .append("  ".repeat(depth))
                    .append(
                            node.path("Subplan Name").isMissingNode()
                                    ? ""
                                    : node.path("Subplan Name").asText() + ": ")
                    .append(node.path("Node Type").asText())
                    .append(named(node, " using ", "Index Name"))
                    .append(named(node, " on ", "Relation Name"))
                    .append(named(node, " on ", "CTE Name"))
                    .append(String.format(
                            Locale.ROOT,
                            "  estimated %,d, came %,d",
                            node.path("Plan Rows").asLong(),
                            Math.round(node.path("Actual Rows").asDouble())));
            if (node.path("Actual Loops").asLong() != 1) {
                text.append(" × ").append(node.path("Actual Loops").asLong());
            }
            if (node.path("Rows Removed by Filter").asLong() > 0) {
                text.append(String.format(
                        Locale.ROOT,
                        ", refused %,d",
                        node.path("Rows Removed by Filter").asLong()));
            }
            text.append(String.format(
                            Locale.ROOT,
                            ", %,d pages",
                            node.path("Shared Hit Blocks").asLong()
                                    + node.path("Shared Read Blocks").asLong()))
                    .append('\n');
            node.path("Plans").forEach(child -> write(child, depth + 1, text));
        }

        private static String named(JsonNode node, String before, String member) {
            return node.has(member) ? before + node.path(member).asText() : "";
        }
    }

    /** For sessions that begin after this. */
    static void explain(TestPostgres.Database database) {
        var postgres = TestPostgres.shared().process();
        try (var connection = java.sql.DriverManager.getConnection(
                        postgres.url("postgres"), postgres.superuser(), postgres.password());
                var statement = connection.createStatement()) {
            for (var setting : List.of(
                    "session_preload_libraries = 'auto_explain'",
                    "auto_explain.log_min_duration = 0",
                    "auto_explain.log_analyze = on",
                    "auto_explain.log_buffers = on",
                    "auto_explain.log_timing = off",
                    "auto_explain.log_format = json",
                    "log_min_messages = log")) {
                statement.execute("alter database " + database.name() + " set " + setting);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where the log ends now. */
    long mark() {
        return log.toFile().length();
    }

    /** The last plan of each statement since a mark that one of the names' conditions recognises, by name. */
    Map<String, Plan> since(long mark, Map<String, Predicate<String>> names) {
        var found = new LinkedHashMap<String, Plan>();
        names.keySet().forEach(name -> found.put(name, null));
        for (var plan : all(mark)) {
            names.forEach((name, matches) -> {
                if (matches.test(plan.sql())) {
                    found.put(name, plan);
                }
            });
        }
        found.values().removeIf(plan -> plan == null);
        return found;
    }

    private List<Plan> all(long mark) {
        var plans = new ArrayList<Plan>();
        var json = new StringBuilder();
        double millis = 0;
        for (var line : textSince(mark).split("\n")) {
            if (line.startsWith("\t")) {
                json.append(line).append('\n');
                continue;
            }
            plan(json, millis).ifPresent(plans::add);
            json.setLength(0);
            if (line.endsWith(START)) {
                millis = Double.parseDouble(line.replaceFirst(".*duration: ([0-9.]+) ms.*", "$1"));
            }
        }
        plan(json, millis).ifPresent(plans::add);
        return plans;
    }

    private static Optional<Plan> plan(StringBuilder json, double millis) {
        if (json.isEmpty()) {
            return Optional.empty();
        }
        try {
            var whole = JSON.readTree(json.toString());
            return Optional.of(new Plan(whole.path("Query Text").asText(), millis, whole.path("Plan")));
        } catch (JsonProcessingException e) {
            return Optional.empty(); // the log's end, in the middle of being written
        }
    }

    private String textSince(long mark) {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            var bytes = new byte[(int) (file.length() - mark)];
            file.seek(mark);
            file.readFully(bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
