package dev.holdfast.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.bench.Bench.Measured;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table as it comes; at the end the same as JSON, and a chart of the rates. */
final class Report {
    private static final String ROW = "%-24s %10s %8s %9s %9s %9s %8s %8s %8s %9s %6s %6s%n";
    private static final int BAR = 22;
    private static final int WIDTH = 640;

    private final Path directory;
    private final List<Measured> all = new ArrayList<>();

    Report(Path directory) {
        this.directory = directory;
    }

    void say(String line, Object... arguments) {
        System.out.printf(Locale.ROOT, line + "%n", arguments);
    }

    void head() {
        System.out.printf(
                ROW,
                "scenario",
                "a second",
                "of",
                "p50 ms",
                "p99 ms",
                "most ms",
                "node µs",
                "pg µs",
                "load µs",
                "WAL bytes",
                "tx",
                "HOT");
    }

    void add(Measured one) {
        all.add(one);
        var latencies = one.result().latencies();
        var costs = one.costs();
        System.out.printf(
                Locale.ROOT,
                ROW,
                one.scenario().name(),
                Bench.number(one.result().rate()),
                one.scenario().unit(),
                Bench.number(latencies.millis(0.5)),
                Bench.number(latencies.millis(0.99)),
                Bench.number(latencies.millis(1)),
                Bench.number(one.micros(costs.nodeMicros())),
                Bench.number(one.micros(costs.postgresMicros())),
                Bench.number(one.micros(costs.ownMicros())),
                Bench.number(one.micros(costs.walBytes())),
                String.format(Locale.ROOT, "%.2f", one.micros(costs.transactions())),
                costs.beats() == 0 ? "" : costs.hotBeats() * 100 / costs.beats() + " %");
    }

    void write() throws IOException {
        var table = all.stream().map(Report::inJson).toList();
        Files.writeString(
                directory.resolve("speed.json"),
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(table));
        Files.writeString(directory.resolve("speed.svg"), chart());
        say("%nAlso in %s: speed.json, speed.svg", directory);
    }

    private static Map<String, Object> inJson(Measured one) {
        var latencies = one.result().latencies();
        var row = new LinkedHashMap<String, Object>();
        row.put("scenario", one.scenario().name());
        row.put("unit", one.scenario().unit());
        row.put("clients", one.scenario().clients());
        row.put("perSecond", one.result().rate());
        row.put("target", one.scenario().target());
        row.put("p50Millis", latencies.millis(0.5));
        row.put("p99Millis", latencies.millis(0.99));
        row.put("mostMillis", latencies.millis(1));
        row.put("nodeMicros", one.micros(one.costs().nodeMicros()));
        row.put("postgresMicros", one.micros(one.costs().postgresMicros()));
        row.put("loadMicros", one.micros(one.costs().ownMicros()));
        row.put("walBytes", one.micros(one.costs().walBytes()));
        row.put("transactions", one.micros(one.costs().transactions()));
        row.put("nodeMegabytes", one.memory());
        return row;
    }

    /** A bar for each rate, as long as its logarithm; a line where it should end, if that is said. */
    private String chart() {
        var chart = new StringBuilder(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n"
                        .formatted(WIDTH + 220, BAR * all.size() + 10));
        for (int i = 0; i < all.size(); i++) {
            var one = all.get(i);
            int top = 5 + BAR * i;
            double rate = one.result().rate();
            chart.append(String.format(
                    Locale.ROOT,
                    "<text x=\"0\" y=\"%d\">%s</text><rect x=\"160\" y=\"%d\" width=\"%.0f\" height=\"16\" fill=\"#4878a8\"/>"
                            + "<text x=\"%.0f\" y=\"%d\">%s %s/s</text>%n",
                    top + 13,
                    one.scenario().name(),
                    top,
                    length(rate),
                    166 + length(rate),
                    top + 13,
                    Bench.number(rate),
                    one.scenario().unit()));
            if (one.scenario().target() > 0) {
                double at = 160 + length(one.scenario().target());
                chart.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"%d\" y2=\"%d\" stroke=\"#c03030\" stroke-width=\"2\"/>%n",
                        at,
                        at,
                        top - 2,
                        top + 18));
            }
        }
        return chart.append("</svg>\n").toString();
    }

    private static double length(double rate) {
        return Math.max(0, Math.log10(Math.max(1, rate)) * WIDTH / 6);
    }
}
