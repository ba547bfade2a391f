package dev.holdfast.examples.inventory;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The inventory as a table for other programs (RFC 4180). */
final class CsvReport {
    private static final String HEADER =
            "path,size,sha256,entries,classes,class_file_version,multi_release,licence,licence_source,module,title,version,packages";

    private CsvReport() {}

    static String of(Inventory inventory) {
        return Stream.concat(Stream.of(HEADER), inventory.jars().stream().map(CsvReport::line))
                .collect(Collectors.joining("\r\n", "", "\r\n"));
    }

    private static String line(JarFacts jar) {
        return Stream.<Object>of(
                        jar.path(),
                        jar.size(),
                        jar.sha256(),
                        jar.entries(),
                        jar.classes(),
                        jar.classFileVersion(),
                        jar.multiRelease(),
                        jar.licence(),
                        jar.licenceSource(),
                        said(jar, "Automatic-Module-Name"),
                        said(jar, "Implementation-Title", "Bundle-Name"),
                        said(jar, "Implementation-Version", "Bundle-Version"),
                        String.join(" ", jar.packages()))
                .map(CsvReport::field)
                .collect(Collectors.joining(","));
    }

    private static String said(JarFacts jar, String... attributes) {
        return List.of(attributes).stream()
                .map(jar.manifest()::get)
                .filter(value -> value != null)
                .findFirst()
                .orElse("");
    }

    /** Quoted where needed. What a spreadsheet would take for a formula is made text: these are strangers' words. */
    static String field(Object value) {
        String text = value == null ? "" : value.toString();
        String harmless = text.matches("(?s)[=+@\\-\t\r].*") ? "'" + text : text;
        return harmless.matches("(?s).*[\",\r\n].*") ? '"' + harmless.replace("\"", "\"\"") + '"' : harmless;
    }
}
