package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The table of settings in the README, between {@code <!-- settings -->} and {@code <!-- /settings -->}, has a row
 * {@code | NAME | default | meaning |} for each name that Settings.java, server.xml or database.xml knows, and no other.
 */
class SettingsTableTest {
    private static final Path README = Path.of("README.md");

    /** A default that is worked out at the start: the table says it in words. */
    private static final String IN_WORDS = "(in words)";

    private static final Pattern READ =
            Pattern.compile("read\\(\\s*\"(holdfast[a-z.]+)\",\\s*(?:\"([^\"]*)\"|[^,\"]+),");
    private static final Pattern ASKED = Pattern.compile("text\\(\"(holdfast[a-z.]+)\"\\)");
    private static final Pattern VARIABLE =
            Pattern.compile("<variable name=\"(HOLDFAST_[A-Z_]+)\" defaultValue=\"([^\"]*)\"/>");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| *`?(HOLDFAST_[A-Z_]+)`? *\\|([^|]*)\\|([^|]*)\\| *$");

    @Test
    void eachSettingIsInTheTableWithItsDefaultAndNothingElseIs() throws IOException {
        assumeTrue(Files.exists(README), "there is no README yet");
        var table = Files.readString(README);
        int from = table.indexOf("<!-- settings -->");
        int to = table.indexOf("<!-- /settings -->");
        assertThat(from).as("<!-- settings --> in the README").isNotNegative();
        assertThat(to).as("<!-- /settings --> in the README").isGreaterThan(from);

        assertThat(documented(table.substring(from, to))).isEqualTo(known());
    }

    @Test
    void theSettingsAreFoundInTheCodeAtAll() throws IOException {
        assertThat(known())
                .containsEntry("HOLDFAST_RUN_KEY_TTL", "PT2H")
                .containsEntry("HOLDFAST_BOOTSTRAP_KEY", "")
                .containsEntry("HOLDFAST_NODE_NAME", IN_WORDS)
                .containsEntry("HOLDFAST_HTTP_PORT", "9080")
                .containsEntry("HOLDFAST_DB_URL", "");
        var code = Files.readString(Path.of("src/main/java/dev/holdfast/platform/Settings.java"));
        assertThat(known()).hasSizeGreaterThanOrEqualTo((int) Pattern.compile("\\bread\\(\\s*\"holdfast")
                .matcher(code)
                .results()
                .count());
    }

    private static Map<String, String> documented(String table) throws IOException {
        var known = known();
        var documented = new TreeMap<String, String>();
        ROW.matcher(table).results().forEach(row -> {
            var name = row.group(1);
            var standard = row.group(2).strip().replaceFirst("^`(.*)`$", "$1");
            assertThat(row.group(3)).as("what %s means", name).isNotBlank();
            if (IN_WORDS.equals(known.get(name))) {
                assertThat(standard).as("default of %s, in words", name).isNotBlank();
                standard = IN_WORDS;
            }
            var none = standard.matches("|-|–|none|unset|empty");
            assertThat(documented.put(name, none ? "" : standard))
                    .as("a second row of %s", name)
                    .isNull();
        });
        return documented;
    }

    private static Map<String, String> known() throws IOException {
        var known = new TreeMap<String, String>();
        var settings = Files.readString(Path.of("src/main/java/dev/holdfast/platform/Settings.java"));
        ASKED.matcher(settings).results().forEach(asked -> known.put(variable(asked.group(1)), ""));
        READ.matcher(settings)
                .results()
                .forEach(read -> known.put(variable(read.group(1)), read.group(2) == null ? IN_WORDS : read.group(2)));
        var configuration = Files.readString(Path.of("server-config/server.xml"))
                + Files.readString(Path.of("server-config/database.xml"));
        VARIABLE.matcher(configuration)
                .results()
                .forEach(variable ->
                        known.put(variable.group(1), variable.group(2).contains("${") ? IN_WORDS : variable.group(2)));
        return known;
    }

    private static String variable(String name) {
        return name.replace('.', '_').toUpperCase();
    }
}
