package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Help.Ansi;

/** JSON as columns. A column is a member's name, or a path of them: {@code failure.code}. */
final class Table {
    private static final int WIDEST = 60;
    private static final String GAP = "  ";

    private final List<String> columns;
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... columns) {
        this.columns = List.of(columns);
    }

    Table add(JsonNode item) {
        rows.add(columns.stream().map(column -> text(at(item, column))).toList());
        return this;
    }

    private static JsonNode at(JsonNode item, String path) {
        JsonNode found = item;
        for (String name : path.split("\\.")) {
            found = found.path(name);
        }
        return found;
    }

    static String text(JsonNode value) {
        if (value.isMissingNode()) {
            return "-";
        }
        String text = value.isTextual() ? value.asText() : value.toString();
        // what comes from elsewhere may not move the cursor or colour the terminal
        text = text.replaceAll("\\p{Cntrl}", "?");
        return text.length() <= WIDEST ? text : text.substring(0, WIDEST - 1) + "…";
    }

    void print(PrintWriter out, Ansi ansi) {
        int[] widths = new int[columns.size()];
        List<String> heads = columns.stream().map(Table::head).toList();
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            widths[i] = rows.stream()
                    .mapToInt(row -> row.get(column).length())
                    .reduce(heads.get(i).length(), Math::max);
        }
        out.println(line(heads, widths));
        rows.forEach(row -> out.println(coloured(line(row, widths), row, ansi)));
    }

    private static String head(String column) {
        String last = column.substring(column.lastIndexOf('.') + 1);
        return last.replaceAll("([a-z])([A-Z])", "$1 $2").toUpperCase(Locale.ROOT);
    }

    private static String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(cells.get(i))
                    .append(" ".repeat(widths[i] - cells.get(i).length()))
                    .append(GAP);
        }
        return line.toString().stripTrailing();
    }

    /** By colour too, never by colour alone. */
    private static String coloured(String line, List<String> row, Ansi ansi) {
        String colour = row.contains("failed") || row.contains("denied") || row.contains("expired")
                ? "red"
                : row.contains("suspended") || row.contains("pending") ? "yellow" : "";
        return ansi.enabled() && !colour.isEmpty() ? new Painted(colour).around(line) : line;
    }

    /** A line in a colour, whatever characters it has. */
    record Painted(String colour) {
        String around(String line) {
            int code = Arrays.asList("red", "green", "yellow").indexOf(colour) + 31;
            return "\u001b[" + code + "m" + line + "\u001b[0m";
        }
    }
}
