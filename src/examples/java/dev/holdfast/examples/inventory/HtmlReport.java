package dev.holdfast.examples.inventory;

import dev.holdfast.client.Run;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The inventory as one page that needs nothing else. Every word in it that came from a JAR is escaped. */
final class HtmlReport {
    private static final int LARGEST = 15;
    private static final int MOST_BARS = 16;

    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c2024; --soft: #5c6670; --paper: #fcfcfb; --line: #e1e4e6; --bar: #2f6f8f; --card: #f3f5f5 }
            @media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #98a2ab; --paper: #15181b; --line: #2c3237; --bar: #6fb1cf; --card: #1d2226 } }
            * { box-sizing: border-box }
            body { margin: 0 auto; padding: 2.5rem 1.25rem 5rem; max-width: 76rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
            h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 }
            h2 { font-size: 1.1rem; margin: 2.75rem 0 .75rem }
            p { color: var(--soft); margin: .4rem 0; max-width: 48rem }
            dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.75rem 0 0 }
            dl div { background: var(--card); border-radius: .5rem; padding: .7rem .9rem }
            dt { color: var(--soft); font-size: .85rem }
            dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums }
            .wide { overflow-x: auto }
            table { border-collapse: collapse; width: 100%; font-size: .88rem }
            th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
            th { color: var(--soft); font-weight: 500; white-space: nowrap }
            td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
            td.path { overflow-wrap: anywhere; min-width: 16rem }
            td.path small { display: block; color: var(--soft); font-size: .92em }
            td.short { white-space: nowrap }
            td.label { width: 17rem; overflow-wrap: anywhere }
            code { font: .92em ui-monospace, monospace }
            svg { display: block; width: 100%; height: 1.1rem; min-width: 8rem }
            rect { fill: var(--bar) }
            @media (max-width: 44rem) {
              body { padding-top: 1.5rem }
              td.label { width: 9.5rem }
              .list tr { display: flex; flex-wrap: wrap; column-gap: 1rem; padding: .45rem 0; border-bottom: 1px solid var(--line) }
              .list th, .list td.aside { display: none }
              .list tr:first-child:has(th) { display: none }
              .list td { border: 0; padding: 0; color: var(--soft) }
              .list td.path { flex: 1 0 100%; color: var(--ink) }
            }
            """;

    private HtmlReport() {}

    static String of(Inventory inventory) {
        return """
                <!doctype html>
                <html lang="en">
                <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
                <title>Inventory of a Maven repository</title>
                <style>
                %s</style></head>
                <body>
                <h1>Inventory of a Maven repository</h1>
                <p>Execution <code>%s</code>: %d runs submitted, %d completed, %d failed, %d unfinished.</p>
                %s
                </body></html>
                """.formatted(
                        STYLE,
                        escaped(inventory.execution()),
                        inventory.submitted(),
                        inventory.jars().size(),
                        inventory.failed().size(),
                        inventory.unfinished().size(),
                        sections(inventory));
    }

    private static String sections(Inventory inventory) {
        return totals(inventory)
                + (inventory.failed().isEmpty() ? "" : section("Failed", "", runs(inventory.failed())))
                + (inventory.unfinished().isEmpty()
                        ? ""
                        : section(
                                "Unfinished",
                                "Runs without a result when this was written, and who holds them.",
                                runs(inventory.unfinished())))
                + section(
                        "Workers", "The runs that each has completed.", bars(inventory.workers(), Function.identity()))
                + section("Licences", "", bars(inventory.licences(), Function.identity()))
                + section(
                        "Class file versions",
                        "The Java that a JAR needs at least, by its newest class file outside META-INF.",
                        bars(inventory.classFileVersions(), Inventory::javaOf))
                + section("Largest JARs", "", jars(inventory.largest(LARGEST)))
                + section("Duplicates", "The same content (SHA-256) in several places.", duplicates(inventory))
                + section("All JARs", "", jars(inventory.jars()));
    }

    private static String totals(Inventory inventory) {
        long wasted =
                inventory.duplicates().stream().mapToLong(Inventory::wasted).sum();
        return "<dl>"
                + figure("JARs", count(inventory.jars().size()))
                + figure("Bytes", size(inventory.bytes()))
                + figure("Class files", count(inventory.classes()))
                + figure("Licences", count(inventory.licences().size()))
                + figure("In duplicates", size(wasted))
                + figure(
                        "Multi-release",
                        count(inventory.jars().stream()
                                .filter(JarFacts::multiRelease)
                                .count()))
                + "</dl>";
    }

    private static String figure(String name, String value) {
        return "<div><dt>" + name + "</dt><dd>" + value + "</dd></div>";
    }

    private static String section(String title, String note, String content) {
        return "<section><h2>" + title + "</h2>" + (note.isEmpty() ? "" : "<p>" + note + "</p>")
                + (content.isEmpty() ? "<p>None.</p>" : "<div class=\"wide\">" + content + "</div>") + "</section>\n";
    }

    private static <K> String bars(Map<K, Long> counts, Function<K, String> label) {
        long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(1);
        long left = counts.values().stream()
                .skip(MOST_BARS)
                .mapToLong(Long::longValue)
                .sum();
        return table(
                        "",
                        counts.entrySet().stream()
                                .limit(MOST_BARS)
                                .map(entry -> bar(label.apply(entry.getKey()), entry.getValue(), most))
                                .collect(Collectors.joining()))
                + (left == 0 ? "" : "<p>" + count(left) + " more in " + (counts.size() - MOST_BARS) + " others.</p>");
    }

    private static String bar(String label, long count, long most) {
        return ("<tr><td class=\"label\">%s</td><td class=\"n\">%s</td><td><svg role=\"img\" aria-label=\"%s\">"
                        + "<rect width=\"%s%%\" height=\"100%%\" rx=\"2\"/></svg></td></tr>")
                .formatted(
                        escaped(label),
                        count(count),
                        count(count),
                        String.format(Locale.ROOT, "%.2f", 100.0 * count / most));
    }

    private static String jars(List<JarFacts> jars) {
        return table(
                "list",
                "<tr><th>JAR</th><th class=\"n\">Size</th><th class=\"n\">Classes</th><th class=\"n\">Packages</th>"
                        + "<th>Needs</th><th>Licence</th><th>Module</th></tr>"
                        + jars.stream().map(HtmlReport::jar).collect(Collectors.joining()));
    }

    private static String jar(JarFacts jar) {
        return "<tr>" + path(jar.path()) + cell("n", size(jar.size())) + cell("n aside", count(jar.classes()))
                + cell("n aside", count(jar.packages().size()))
                + cell("short", jar.classFileVersion() == null ? "" : Inventory.javaOf(jar.classFileVersion()))
                + cell("short", jar.licence() == null ? Inventory.UNKNOWN : jar.licence())
                + cell("aside", jar.manifest().getOrDefault("Automatic-Module-Name", "")) + "</tr>\n";
    }

    private static String duplicates(Inventory inventory) {
        List<List<JarFacts>> duplicates = inventory.duplicates();
        return duplicates.isEmpty()
                ? ""
                : table(
                        "list",
                        "<tr><th>JARs</th><th class=\"n\">Copies</th><th class=\"n\">To be saved</th><th>SHA-256</th></tr>"
                                + duplicates.stream().map(HtmlReport::duplicate).collect(Collectors.joining()));
    }

    private static String duplicate(List<JarFacts> same) {
        String paths = same.stream().map(jar -> escaped(jar.path())).collect(Collectors.joining("<br>"));
        return "<tr><td class=\"path\">" + paths + "</td>" + cell("n", count(same.size()))
                + cell("n", size(Inventory.wasted(same)))
                + "<td><code>" + escaped(same.get(0).sha256().substring(0, 16)) + "…</code></td></tr>\n";
    }

    private static String runs(List<Run> runs) {
        return runs.isEmpty()
                ? ""
                : table(
                        "list",
                        "<tr><th>JAR</th><th>Run</th><th>State</th><th>Worker</th><th>Why</th></tr>"
                                + runs.stream().map(HtmlReport::run).collect(Collectors.joining()));
    }

    private static String run(Run run) {
        String why = run.failure() == null
                ? ""
                : run.failure().code() + ": " + run.failure().message();
        return "<tr>" + path(run.input().path("path").asText()) + cell("", run.id()) + cell("", run.state())
                + cell("", run.workerId() == null ? "" : run.workerId()) + cell("", why) + "</tr>\n";
    }

    private static String table(String style, String rows) {
        return "<table class=\"" + style + "\">" + rows + "</table>";
    }

    /** The file's name first; where it lies, beneath. */
    private static String path(String path) {
        int name = path.lastIndexOf('/') + 1;
        return "<td class=\"path\">" + escaped(path.substring(name)) + "<small>"
                + escaped(path.substring(0, Math.max(0, name - 1))) + "</small></td>";
    }

    private static String cell(String style, String text) {
        return "<td class=\"" + style + "\">" + escaped(text) + "</td>";
    }

    private static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String size(long bytes) {
        return bytes < 1_000_000
                ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
                : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
