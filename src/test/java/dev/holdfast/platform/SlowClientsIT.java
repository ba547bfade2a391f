package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.TestPostgres;
import dev.holdfast.testkit.Wire;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What honest callers notice of a thousand others who send or read as slowly as they can: {@code mvn -Pchaos verify}, where
 * {@code slowhttptest} is installed.
 */
class SlowClientsIT {
    private static final Logger LOG = Logger.getLogger(SlowClientsIT.class.getName());
    private static final Duration TIME = Duration.parse(System.getProperty("holdfast.slowClients.time", "PT0S"));
    private static final Duration P99 = Duration.ofMillis(500);
    private static final int CALLERS = 4;
    private static final int SLOW = 1_000;

    private static HoldfastServer node;
    private static TestPostgres.Database database;

    @BeforeAll
    static void start() {
        assumeTrue(!TIME.isZero(), "takes minutes: mvn -Pchaos verify");
        database = TestPostgres.shared().newDatabase();
        node = HoldfastServer.named("slow-clients")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .start();
        callsFor(Duration.ofSeconds(10)); // it is young
    }

    @AfterAll
    static void stop() {
        if (node != null) {
            node.kill();
            TestPostgres.shared().drop(database);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "slow headers, -H -i 5 -x 24 -t GET, /api/v1/runs",
        "slow bodies, -B -i 5 -x 10 -s 8192 -t POST, /api/v1/runs",
        "slow readers, -X -w 256 -y 512 -n 5 -z 16 -k 5, /openapi"
    })
    void normalCallsKeepTheirPaceBesideSlowClients(String what, String attack, String path) throws Exception {
        assumeTrue(isInstalled("slowhttptest"), "slowhttptest is not installed: apt-get install slowhttptest");
        var process = new ProcessBuilder(command(attack, path))
                .redirectErrorStream(true)
                .redirectOutput(new File(System.getProperty("holdfast.it"), "slowhttptest.log"))
                .start();
        try {
            assertPace(what, callsFor(TIME));
        } finally {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** Whose key is good: their bodies are waited for. */
    @Test
    void normalCallsKeepTheirPaceBesideKnownCallersWithSlowBodies() {
        var open = new ArrayList<Wire>();
        try {
            for (int i = 0; i < SLOW; i++) {
                var wire = Wire.to(node.uri());
                wire.write(Wire.request("POST", "/api/v1/runs")
                        .header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY)
                        .header("Content-Type", "application/json")
                        .header("Content-Length", "1000")
                        .endHeaders()
                        .raw("{"));
                open.add(wire);
            }
            assertPace("slow bodies of known callers", callsFor(TIME));
        } finally {
            open.forEach(Wire::close);
        }
    }

    private static List<String> command(String attack, String path) {
        var seconds = Long.toString(TIME.toSeconds());
        return Stream.concat(
                        Stream.of("slowhttptest"),
                        Stream.concat(
                                Stream.of(attack.split(" ")),
                                Stream.of(
                                        "-c",
                                        "" + SLOW,
                                        "-r",
                                        "200",
                                        "-p",
                                        "3",
                                        "-l",
                                        seconds,
                                        "-u",
                                        node.uri(path).toString())))
                .toList();
    }

    private static void assertPace(String what, List<Long> nanos) {
        var p99 = at(nanos, 0.99);
        LOG.info(String.format(
                Locale.ROOT,
                "%s: %d of them, %,d normal calls, p50 %.1f ms, p99 %.1f ms, longest %.1f ms",
                what,
                SLOW,
                nanos.size(),
                at(nanos, 0.5).toNanos() / 1e6,
                p99.toNanos() / 1e6,
                at(nanos, 1).toNanos() / 1e6));
        assertThat(p99).as(what + ": p99 of normal calls").isLessThanOrEqualTo(P99);
    }

    private static Duration at(List<Long> sorted, double part) {
        return Duration.ofNanos(sorted.get((int) Math.ceil(part * sorted.size()) - 1));
    }

    /** Submits and reads, each by several callers at once; how long each took, in order. */
    private static List<Long> callsFor(Duration time) {
        var api = Api.at(node.uri()).withKey(Cluster.BOOTSTRAP_KEY).unchecked();
        long end = System.nanoTime() + time.toNanos();
        var times = Collections.synchronizedList(new ArrayList<Long>());
        Api.inParallel(CALLERS, caller -> {
            while (System.nanoTime() < end) {
                long begun = System.nanoTime();
                var id = api.submit("paced").path("id").asText();
                times.add(System.nanoTime() - begun);
                begun = System.nanoTime();
                api.run(id);
                times.add(System.nanoTime() - begun);
            }
            return caller;
        });
        return times.stream().sorted().toList();
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> new File(folder, program).canExecute());
    }
}
