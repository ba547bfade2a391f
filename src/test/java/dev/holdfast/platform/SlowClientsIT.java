package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Nginx;
import dev.holdfast.testkit.TestPostgres;
import dev.holdfast.testkit.Wire;
import java.io.File;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What honest callers notice of a thousand others who send or read as slowly as they can: {@code mvn -Pchaos verify}, where
 * {@code slowhttptest} and {@code nginx} are installed. A node of its own each, since the slow ones stay for a while.
 */
@Tag("chaos")
class SlowClientsIT {
    private static final Logger LOG = Logger.getLogger(SlowClientsIT.class.getName());
    private static final Duration TIME = Duration.parse(System.getProperty("holdfast.slowClients.time", "PT0S"));
    private static final Duration P99 = Duration.ofMillis(500);
    private static final int CALLERS = 4;
    private static final int SLOW = 1_000;

    private static final Map<String, String> ATTACKS = Map.of(
            "slow headers", "-H -i 5 -x 24 -t GET -u /api/v1/runs",
            "slow bodies", "-B -i 5 -x 10 -s 8192 -t POST -u /api/v1/runs",
            "slow readers", "-X -w 256 -y 512 -n 5 -z 16 -k 5 -u /openapi");

    private HoldfastServer node;
    private TestPostgres.Database database;

    /** @param lost calls that were not answered with success */
    private record Pace(List<Duration> sorted, int lost) {
        Duration at(double part) {
            return sorted.get((int) Math.ceil(part * sorted.size()) - 1);
        }
    }

    @BeforeEach
    void start() {
        assumeTrue(!TIME.isZero(), "takes minutes: mvn -Pchaos verify");
        database = TestPostgres.shared().newDatabase();
        node = HoldfastServer.named("slow-clients")
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .start();
        pace(node.uri(), Duration.ofSeconds(10)); // it is young
    }

    @AfterEach
    void stop() {
        if (node != null) {
            node.kill();
            TestPostgres.shared().drop(database);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"slow headers", "slow bodies"})
    void strangersWhoSendSlowlyHoldNobodyUp(String what) throws Exception {
        assertKept(what, besideStrangers(what, node.uri()));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"slow headers", "slow bodies", "slow readers"})
    void behindAProxyThatBuffersNoSlowStrangerHoldsAnybodyUp(String what) throws Exception {
        try (var proxy = proxy()) {
            assertKept(what + ", behind a proxy", besideStrangers(what, proxy.uri()));
        }
    }

    @Test
    void behindAProxyThatBuffersNoSlowCallerWithAKeyHoldsAnybodyUp() {
        try (var proxy = proxy()) {
            assertKept("slow bodies of callers with a key, behind a proxy", besideCallersWithAKey(proxy.uri()));
        }
    }

    /** Measured, not promised: the figures of the documented rule. */
    @Test
    void withoutAProxyWhoReadsSlowlyOrHasAKeyHoldsThreads() throws Exception {
        tell("slow bodies of callers with a key, no proxy", besideCallersWithAKey(node.uri()));
        tell("slow readers, no proxy", besideStrangers("slow readers", node.uri()));
        assertThat(node.isRunning()).isTrue();
    }

    private Nginx proxy() {
        assumeTrue(Nginx.isInstalled(), "nginx is not installed: apt-get install nginx-light");
        return Nginx.before(node);
    }

    private static Pace besideStrangers(String what, URI target) throws Exception {
        assumeTrue(isInstalled("slowhttptest"), "slowhttptest is not installed: apt-get install slowhttptest");
        var attack = ATTACKS.get(what).replace("-u ", "-u " + target);
        var command = "slowhttptest %s -c %d -r 200 -p 3 -l %d".formatted(attack, SLOW, TIME.toSeconds());
        var process = new ProcessBuilder(command.split(" "))
                .redirectErrorStream(true)
                .redirectOutput(new File(System.getProperty("holdfast.it"), "slowhttptest.log"))
                .start();
        try {
            return pace(target, TIME);
        } finally {
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }

    /** Their keys are good, so their bodies are waited for. */
    private static Pace besideCallersWithAKey(URI target) {
        var open = new ArrayList<Wire>();
        try {
            for (int i = 0; i < SLOW; i++) {
                var wire = Wire.to(target);
                wire.write(Wire.request("POST", "/api/v1/runs")
                        .header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY)
                        .header("Content-Type", "application/json")
                        .header("Content-Length", "1000")
                        .endHeaders()
                        .raw("{"));
                open.add(wire);
            }
            return pace(target, TIME);
        } finally {
            open.forEach(Wire::close);
        }
    }

    private static void assertKept(String what, Pace pace) {
        tell(what, pace);
        assertThat(pace.at(0.99)).as(what + ": p99 of normal calls").isLessThanOrEqualTo(P99);
        assertThat(pace.lost()).as(what + ": calls without success").isZero();
    }

    private static void tell(String what, Pace pace) {
        LOG.info(String.format(
                Locale.ROOT,
                "%s: beside %,d of them %,d normal calls, %d without success, p50 %.1f ms, p99 %.1f ms, longest %.1f ms",
                what,
                SLOW,
                pace.sorted().size(),
                pace.lost(),
                pace.at(0.5).toNanos() / 1e6,
                pace.at(0.99).toNanos() / 1e6,
                pace.at(1).toNanos() / 1e6));
    }

    /** Submits and reads, each by several callers at once. */
    private static Pace pace(URI target, Duration time) {
        var api = Api.at(target).withKey(Cluster.BOOTSTRAP_KEY).unchecked();
        long end = System.nanoTime() + time.toNanos();
        var times = Collections.synchronizedList(new ArrayList<Duration>());
        var lost = Api.inParallel(CALLERS, caller -> {
            int failed = 0;
            while (System.nanoTime() < end) {
                for (var submits : List.of(true, false)) {
                    long begun = System.nanoTime();
                    var reply = submits
                            ? api.post("/api/v1/runs", Map.of("lane", "paced"))
                            : api.get("/api/v1/runs?limit=1");
                    times.add(Duration.ofNanos(System.nanoTime() - begun));
                    failed += reply.status() < 300 ? 0 : 1;
                }
            }
            return failed;
        });
        return new Pace(
                times.stream().sorted().toList(), lost.stream().mapToInt(n -> n).sum());
    }

    private static boolean isInstalled(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> new File(folder, program).canExecute());
    }
}
