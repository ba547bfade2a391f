package dev.holdfast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Follower;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.Tenant;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300) // whoever takes a stream for a reply waits for its end
class SlowReadersIT {
    private static final Logger LOG = Logger.getLogger(SlowReadersIT.class.getName());
    private static final int STREAMS = Integer.getInteger("holdfast.streams.readers", 60);
    private static final int SLEEPERS = 5;
    private static final int READERS = STREAMS - SLEEPERS;

    /** More than the sockets of both sides hold; with many streams, more than the node may hold as well. */
    private static final int LARGE_EVENTS = STREAMS > 100 ? 40 : 10;

    private static final long MAY_GROW_BY = 24 << 20;

    private final HoldfastServer node = Cluster.node(1);
    private final Tenant tenant = Tenant.newOn(node, Rows.ofCluster());
    private final Api api = tenant.api();
    private final String key = tenant.newKey(Tenant.SCOPES);

    @Test
    void whoDoesNotReadIsDroppedAndNobodyWaitsForIt() throws IOException {
        var large = tenant.claimed("large");
        var small = tenant.claimed("small");
        var readers = new ArrayList<Follower>();
        var sleepers = new ArrayList<Socket>();
        try {
            for (int i = 0; i < READERS; i++) {
                readers.add(Follower.ofRun(node, key, (i < 3 ? large : small).runId()));
            }
            readers.forEach(reader -> reader.await(2));
            await().until(() -> open() == READERS);
            long threads = threads();
            long memory = memory();
            for (int i = 0; i < SLEEPERS; i++) {
                sleepers.add(sleeper(large));
            }
            await().until(() -> open() == STREAMS);

            long began = System.nanoTime();
            for (int i = 0; i < LARGE_EVENTS; i++) {
                report(large, "x".repeat(900_000));
                report(small, "y");
            }
            readers.forEach(reader -> reader.await(2 + LARGE_EVENTS));
            var took = Duration.ofNanos(System.nanoTime() - began);

            assertThat(threads()).isLessThan(threads + SLEEPERS + 25); // those of requests come and go
            long grown = memory() - memory;
            LOG.info(() ->
                    "%d streams, %d of them not read: the others had %d events each after %s; memory in use grew by %,d bytes"
                            .formatted(STREAMS, SLEEPERS, LARGE_EVENTS, took, grown));
            assertThat(grown).isLessThan(MAY_GROW_BY);
            await().atMost(Duration.ofSeconds(30)).until(() -> open() == READERS);
            for (var sleeper : sleepers) {
                assertThat(isCut(sleeper)).isTrue();
            }
            report(large, "z");
            report(small, "z");
            readers.forEach(reader -> reader.await(3 + LARGE_EVENTS));
            await().atMost(Duration.ofSeconds(20)).until(() -> threads() < threads + 25);
        } finally {
            readers.forEach(Follower::close);
            for (var sleeper : sleepers) {
                sleeper.close();
            }
        }
    }

    /** Asks, and never reads. */
    private Socket sleeper(Claimed run) throws IOException {
        var socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(new InetSocketAddress(node.uri().getHost(), node.port()));
        socket.getOutputStream()
                .write(
                        "GET /api/v1/runs/%s/events HTTP/1.1\r\nHost: holdfast\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\n\r\n"
                                .formatted(run.runId(), key)
                                .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static boolean isCut(Socket sleeper) throws IOException {
        sleeper.setSoTimeout(20_000);
        try {
            var in = sleeper.getInputStream();
            long bytes = in.skip(Long.MAX_VALUE);
            return bytes < LARGE_EVENTS * 900_000L;
        } catch (java.net.SocketException reset) {
            return true;
        }
    }

    private void report(Claimed run, String text) {
        api.asOwner(run, "events", Map.of("events", List.of(Map.of("type", "step", "data", text))))
                .expect(201);
    }

    private double open() {
        return Scrape.of(node).of("holdfast_streams");
    }

    /** What the node holds, all that is of no use any more put aside. */
    private long memory() throws IOException {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        var pid = Long.toString(node.jvm().orElseThrow().pid());
        var histogram = new ProcessBuilder(jcmd, pid, "GC.class_histogram").start();
        try (var lines = histogram.inputReader()) {
            var total = lines.lines().filter(line -> line.startsWith("Total")).findFirst();
            return total.map(line -> Long.parseLong(line.split("\\s+")[2])).orElse(0L); // a Java without tools
        }
    }

    private long threads() throws IOException {
        var tasks = Path.of("/proc/%d/task".formatted(node.jvm().orElseThrow().pid()));
        if (!Files.exists(tasks)) {
            return 0; // not a Linux
        }
        try (Stream<Path> each = Files.list(tasks)) {
            return each.count();
        }
    }
}
