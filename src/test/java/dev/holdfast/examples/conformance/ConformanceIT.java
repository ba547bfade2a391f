package dev.holdfast.examples.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.ExampleWorker;
import dev.holdfast.testkit.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The kit tells good workers from bad ones, and the examples are good ones. All are examined at once, as they mostly wait. It
 * measures pauses, so it belongs on a machine that does nothing else.
 */
@Tag("chaos")
class ConformanceIT {
    private static final Duration SHORT = Duration.ofSeconds(4);
    private static final List<String> MISSED_BY_THE_CARELESS = List.of(
            "completes",
            "beats",
            "senseless-input",
            "claim-reply-lost",
            "complete-reply-lost",
            "complete-busy",
            "empty-at-once",
            "secrets");
    private static final List<String> MISSED_BY_THE_STUBBORN =
            List.of("told-to-stop", "lease-lost", "frozen", "claim-busy", "stop-at-work");

    /** What came of an examination. */
    private record Examined(Report report, String printed) {}

    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final Map<ExampleWorker, Future<Examined>> EXAMPLES = new EnumMap<>(ExampleWorker.class);
    private static final ConcurrentLinkedQueue<Exchange> SEEN = new ConcurrentLinkedQueue<>();
    private static Future<Examined> careless;
    private static Future<Examined> stubborn;

    @BeforeAll
    static void examineAll() {
        for (ExampleWorker worker : ExampleWorker.values()) {
            if (worker.hasItsLanguage()) {
                EXAMPLES.put(
                        worker,
                        THREADS.submit(
                                () -> examine(worker.quickCommand(), worker.name(), List.of(), Conformance.PATIENCE)));
            }
        }
        if (ExampleWorker.PYTHON.hasItsLanguage()) {
            careless = THREADS.submit(() -> examine(bad("careless.py"), "careless", MISSED_BY_THE_CARELESS, SHORT));
            stubborn = THREADS.submit(() -> examine(bad("stubborn.py"), "stubborn", MISSED_BY_THE_STUBBORN, SHORT));
        }
    }

    @AfterAll
    static void stop() {
        THREADS.shutdownNow();
    }

    @ParameterizedTest
    @EnumSource
    void everyExampleWorkerPassesAllTrials(ExampleWorker worker) throws Exception {
        worker.assumeItsLanguage();

        Examined examined = EXAMPLES.get(worker).get();

        assertThat(examined.report().grade()).as(examined.printed()).isEqualTo('A');
    }

    @ParameterizedTest
    @EnumSource
    void everyExampleWorkerIsOfFortyLinesAtMost(ExampleWorker worker) throws Exception {
        assertThat(Files.readAllLines(worker.source()))
                .filteredOn(line -> !line.isBlank() && !line.matches("\\s*(//|#|/\\*\\*).*"))
                .hasSizeLessThanOrEqualTo(40);
    }

    @Test
    void aCarelessWorkerIsFoundOut() throws Exception {
        assumeTrue(careless != null, "not run: there is no python3 on this machine");

        Examined examined = careless.get();

        assertThat(examined.report().missed()).containsExactlyInAnyOrderElementsOf(MISSED_BY_THE_CARELESS);
        assertThat(examined.report().grade()).isEqualTo('F');
        assertThat(examined.printed()).contains("it beat 0 times", "its output shows a key");
    }

    @Test
    void aStubbornWorkerIsFoundOut() throws Exception {
        assumeTrue(stubborn != null, "not run: there is no python3 on this machine");

        assertThat(stubborn.get().report().missed()).containsExactlyInAnyOrderElementsOf(MISSED_BY_THE_STUBBORN);
    }

    /** A worker that passes here has met Holdfast's replies, not the kit's. Unknown members alone are not Holdfast's yet. */
    @Test
    void theKitAnswersAsTheContractSays() throws Exception {
        for (var examined : EXAMPLES.values()) {
            examined.get();
        }

        assertThat(SEEN).extracting(Exchange::status).contains(200, 401, 409, 429, 503);
        assertThat(SEEN)
                .filteredOn(exchange -> !exchange.body().contains("\"news\""))
                .allSatisfy(Contract.published()::check);
    }

    private static Examined examine(String command, String name, List<String> trials, Duration patience)
            throws IOException, InterruptedException {
        var printed = new ByteArrayOutputStream();
        var out = new PrintStream(printed, true, StandardCharsets.UTF_8);
        Report report = new Conformance(command, Path.of("target/conformance", name + ".log"))
                .with(trials, patience)
                .seenBy((method, path, reply) -> SEEN.add(exchange(method, path, reply)), out)
                .grade();
        return new Examined(report, printed.toString(StandardCharsets.UTF_8));
    }

    private static Exchange exchange(String method, String path, Stage.Reply reply) {
        Map<String, List<String>> headers = new HashMap<>(Map.of(
                "Content-Type", List.of(reply.status() < 400 ? "application/json" : "application/problem+json"),
                "X-Correlation-Id", List.of("conformance")));
        if (reply.status() == 401) {
            headers.put("WWW-Authenticate", List.of(Stage.CHALLENGE));
        }
        if (reply.retryAfter() != null) {
            headers.put("Retry-After", List.of(reply.retryAfter()));
        }
        return new Exchange(method, path, reply.status(), headers, reply.body().toString());
    }

    private static String bad(String file) {
        return "python3 src/test/resources/dev/holdfast/examples/conformance/" + file;
    }
}
