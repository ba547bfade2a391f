package dev.holdfast.site;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each command of the task pages, and of the worker's life in the README, is executed as a reader would paste it: in order, in
 * one bash a page, in which none may fail. What stands behind {@code # →} is in what its block printed.
 */
class PagesIT {
    private static final Path TASKS = Path.of("src/site/markdown/tasks");
    private static final Path LLMS = Path.of("src/site/llms.txt");
    private static final Path README = Path.of("README.md");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```bash\\n(.*?)^```");
    private static final Pattern EXPECTED = Pattern.compile("(?m)# → (.*)$");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)[^)]*\\)");
    private static final String ADDRESS = "http://localhost:9080";

    /** Of a page: what its bash ended with, and what each block printed. */
    private record Read(List<String> blocks, int exitCode, List<String> printed) {}

    private static final ExecutorService READERS = Executors.newFixedThreadPool(3);
    private static final Map<Path, Future<Read>> PAGES = new HashMap<>();

    @TempDir
    static Path desk;

    @BeforeAll
    static void readThemAll() throws IOException {
        Cluster.node(1);
        for (Path page : pages()) {
            PAGES.put(page, READERS.submit(() -> read(page)));
        }
    }

    @AfterAll
    static void stop() {
        READERS.shutdownNow();
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> tasks = Files.list(TASKS)) {
            return Stream.concat(tasks, Stream.of(README)).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandDoesWhatThePageSays(Path page) throws Exception {
        Read read = PAGES.get(page).get();

        assertThat(read.exitCode())
                .as("what the blocks printed: %s", read.printed())
                .isZero();
        for (int i = 0; i < read.blocks().size(); i++) {
            var expected = EXPECTED.matcher(read.blocks().get(i));
            while (expected.find()) {
                assertThat(read.printed().get(i))
                        .as("block %d: %s", i + 1, read.blocks().get(i))
                        .contains(expected.group(1).strip());
            }
        }
    }

    @Test
    void theReadmesWorkerLivesItsWholeLife() throws Exception {
        assertThat(PAGES.get(README).get().printed())
                .last()
                .asString()
                .contains("\"submitted\"", "\"claimed\"", "\"started\"", "\"worker.printed\"", "\"completed\"");
    }

    @Test
    void everythingThatLlmsTxtNamesIsServed() throws IOException {
        Api anybody = Api.at(Cluster.node(1).uri());
        assertThat(anybody.get("/llms.txt").expect(200).text()).isEqualTo(Files.readString(LLMS));

        var links = LINK.matcher(Files.readString(LLMS))
                .results()
                .map(link -> link.group(1))
                .toList();

        assertThat(links).hasSizeGreaterThan(12).allSatisfy(link -> anybody.get(link)
                .expect(200));
        assertThat(links)
                .containsAll(pages().stream()
                        .filter(page -> !page.equals(README))
                        .map(page -> "/docs/tasks/" + page.getFileName())
                        .toList());
    }

    @Test
    void noPageOfATaskLeadsNowhere() throws IOException {
        for (Path page : pages()) {
            LINK.matcher(Files.readString(page))
                    .results()
                    .map(link -> link.group(1))
                    .forEach(link -> assertThat(link.startsWith("http") || Files.exists(page.resolveSibling(link)))
                            .as("%s links to %s", page, link)
                            .isTrue());
        }
    }

    private static Read read(Path page) throws IOException, InterruptedException {
        Path directory = setUp(page);
        List<String> blocks = blocks(page);
        StringBuilder script = new StringBuilder("set -eo pipefail\n");
        for (int i = 0; i < blocks.size(); i++) {
            script.append("{\n")
                    .append(blocks.get(i))
                    .append("} > printed.")
                    .append(i)
                    .append(" 2>&1\n");
        }
        Files.writeString(
                directory.resolve("page.sh"),
                script.toString().replace(ADDRESS, Cluster.node(1).uri().toString()));
        ProcessBuilder builder = new ProcessBuilder("bash", "page.sh")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("page.log").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
        builder.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
        builder.environment()
                .merge("PATH", System.getProperty("java.home") + "/bin", (path, java) -> java + ":" + path);
        Process bash = builder.start();
        try {
            boolean ended = bash.waitFor(3, TimeUnit.MINUTES);
            return new Read(blocks, ended ? bash.exitValue() : -1, printed(directory, blocks.size()));
        } finally {
            bash.descendants().forEach(ProcessHandle::destroyForcibly);
            bash.destroyForcibly();
        }
    }

    /** A directory as the reader's: the project, after a build, and the first key of a Holdfast that runs. */
    private static Path setUp(Path page) throws IOException {
        Path directory = Files.createDirectories(desk.resolve(page.getFileName()));
        for (String name : List.of("src", "target")) {
            Files.createSymbolicLink(directory.resolve(name), Path.of(name).toAbsolutePath());
        }
        List<String> scopes = new ArrayList<>(Tenant.SCOPES);
        if (Files.readString(page).contains("tenant create")) {
            scopes.add("system");
        }
        Files.createDirectory(directory.resolve(".holdfast"));
        Files.writeString(
                directory.resolve(".holdfast/bootstrap.key"),
                Tenant.newOn(Cluster.node(1), Rows.ofCluster()).newKey(scopes));
        return directory;
    }

    private static List<String> blocks(Path page) throws IOException {
        String text = Files.readString(page);
        if (page.equals(README)) {
            int from = text.indexOf("## A worker's life");
            text = text.substring(from, text.indexOf("\n## ", from + 1));
        }
        List<String> blocks =
                BLOCK.matcher(text).results().map(block -> block.group(1)).toList();
        assertThat(blocks).as("commands of %s", page).isNotEmpty();
        return blocks;
    }

    private static List<String> printed(Path directory, int blocks) throws IOException {
        List<String> printed = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            Path file = directory.resolve("printed." + i);
            printed.add(Files.exists(file) ? Files.readString(file) : "(not reached)");
        }
        return printed;
    }
}
