package dev.holdfast.examples.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Inventory inventory = new Inventory(
            "e1",
            4,
            List.of(
                    aJar("b/<b>.jar", 3_000_000, "ff00ff00ff00ff00", "MIT"),
                    aJar("a/a.jar", 1000, "aa00aa00aa00aa00", "=cmd()"),
                    aJar("c/b.jar", 3_000_000, "ff00ff00ff00ff00", "MIT")),
            Map.of("w<1>", 3L),
            List.of(),
            List.of());

    @Test
    void countsTheMostFrequentLicenceFirst() {
        assertThat(inventory.licences()).containsExactly(Map.entry("MIT", 2L), Map.entry("=cmd()", 1L));
    }

    @Test
    void findsDuplicatesAndWhatTheyCost() {
        assertThat(inventory.duplicates()).singleElement().satisfies(same -> {
            assertThat(same).extracting(JarFacts::path).containsExactly("b/<b>.jar", "c/b.jar");
            assertThat(Inventory.wasted(same)).isEqualTo(3_000_000);
        });
    }

    @Test
    void escapesStrangersWordsInThePage() {
        assertThat(HtmlReport.of(inventory))
                .contains("&lt;b&gt;.jar", "w&lt;1&gt;")
                .doesNotContain("<b>", "<1>");
    }

    @Test
    void quotesFieldsAndDisarmsFormulas() {
        assertThat(CsvReport.field("a,\"b\"")).isEqualTo("\"a,\"\"b\"\"\"");
        assertThat(CsvReport.of(inventory).lines().toList().get(1))
                .startsWith("a/a.jar,1000,")
                .contains(",'=cmd(),");
    }

    @Test
    void namesTheJavaOfAClassFile() {
        assertThat(List.of(Inventory.javaOf(48), Inventory.javaOf(52), Inventory.javaOf(65)))
                .containsExactly("Java 1.4", "Java 8", "Java 21");
    }

    private static JarFacts aJar(String path, long size, String sha256, String licence) {
        return new JarFacts(path, size, sha256, 1, Map.of(), false, List.of(), 0, null, licence, "pom");
    }
}
