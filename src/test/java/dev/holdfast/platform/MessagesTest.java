package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What an operator may be waiting for has an id, and the page of messages says what to do. */
class MessagesTest {
    /** But for what a method of that name puts into words. */
    private static final Pattern SAID = Pattern.compile("LOG\\.(warning|severe|info)\\((?!drained)"
            + "|LOG\\.log\\(\\s*(?:Level\\.)?(WARNING|SEVERE|INFO),|System\\.out\\.println\\((?!drained)");

    private static final Pattern ID = Pattern.compile("\"HLDF(\\d{4})([IWE]): ");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (HLDF\\d{4}[IWE]) \\|[^|]+\\|[^|]*\\|[^|]*\\|$");

    @Test
    void eachLineThatIsLoggedBeginsWithAnIdOfItsGravity() throws IOException {
        var without = new ArrayList<String>();
        int lines = 0;
        for (var source : sources()) {
            var text = Files.readString(source);
            var said = SAID.matcher(text);
            while (said.find()) {
                var rest = text.substring(said.end());
                var words = rest.indexOf('"') < 0 ? "" : rest.substring(rest.indexOf('"'));
                var id = ID.matcher(words);
                if (!id.lookingAt() || !id.group(2).equals(gravity(said))) {
                    without.add(source.getFileName() + ": "
                            + rest.lines().findFirst().orElse(""));
                }
                lines++;
            }
        }
        assertThat(lines).as("what the pattern is known to find").isGreaterThan(30);
        assertThat(without).isEmpty();
    }

    @Test
    void eachIdIsOneMessagesAndIsExplained() throws IOException {
        var used = new ArrayList<String>();
        for (var source : sources()) {
            ID.matcher(Files.readString(source)).results().forEach(id -> used.add("HLDF" + id.group(1) + id.group(2)));
        }
        var explained = ROW.matcher(Files.readString(Path.of("src/site/markdown/messages.md")))
                .results()
                .map(row -> row.group(1))
                .toList();

        assertThat(used).doesNotHaveDuplicates();
        assertThat(explained).isSorted().containsExactlyElementsOf(new TreeSet<>(used));
        assertThat(Files.readString(Path.of("server-config/monitoring/alerts.yml")))
                .as("what alerts send people to")
                .satisfies(rules -> Pattern.compile("HLDF\\d{4}")
                        .matcher(rules)
                        .results()
                        .forEach(id -> assertThat(explained).anyMatch(known -> known.startsWith(id.group()))));
    }

    private static String gravity(MatchResult said) {
        var level = said.group(1) != null ? said.group(1) : said.group(2) != null ? said.group(2) : "info";
        return switch (level.toLowerCase(Locale.ROOT)) {
            case "warning" -> "W";
            case "severe" -> "E";
            default -> "I";
        };
    }

    /** But for the client, which logs in the worker's process. */
    private static List<Path> sources() throws IOException {
        try (var files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.toString().contains("/client/"))
                    .toList();
        }
    }
}
