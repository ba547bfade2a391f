package dev.holdfast.platform.database.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whatever is killed while runs are submitted: what was acknowledged is there afterwards. {@code -Pchaos}: twenty tries. */
class DurabilityIT {
    private static final Logger LOG = Logger.getLogger(DurabilityIT.class.getName());
    private static final int TRIES = Integer.getInteger("holdfast.durability.tries", 2);
    private static final int WRITERS = 4;

    /** What dies in a try, by turns. */
    private enum Victim {
        POSTGRESQL,
        BOTH,
        LIBERTY
    }

    private final HoldfastServer server =
            HoldfastServer.named("durability").with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY);
    private final Api api = Api.at(server.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        server.stop();
    }

    @Test
    void I7_noAcknowledgedRunIsLostByKillsOfLibertyOrPostgresql() throws Exception {
        server.start();
        var data = server.embeddedPostgres().toRealPath().resolve("data");
        int acknowledged = 0;
        for (int attempt = 0; attempt < TRIES; attempt++) {
            var victim = Victim.values()[attempt % Victim.values().length];
            var lane = "durability-" + UUID.randomUUID();
            var submitted = submitUntilKilled(lane, () -> kill(victim, data));
            acknowledged += submitted.size();

            if (!server.isRunning()) {
                server.start();
            }
            await().atMost(Duration.ofSeconds(60)).until(server::isReady);
            var lost = new HashSet<>(submitted);
            lost.removeAll(stored(lane));
            LOG.info("try %d, %s killed: %d acknowledged, %d lost"
                    .formatted(attempt + 1, victim, submitted.size(), lost.size()));
            assertThat(lost)
                    .as("acknowledged, and gone after a kill of " + victim)
                    .isEmpty();
        }
        LOG.info("%d tries: %d acknowledged, 0 lost".formatted(TRIES, acknowledged));
    }

    private Set<String> submitUntilKilled(String lane, Runnable kill) throws Exception {
        var acknowledged = ConcurrentHashMap.<String>newKeySet();
        var over = new AtomicBoolean();
        var writers = IntStream.range(0, WRITERS)
                .mapToObj(i -> CompletableFuture.runAsync(() -> submit(lane, i, acknowledged, over), threads))
                .toList();
        int enough = ThreadLocalRandom.current().nextInt(50, 200);
        await().pollInterval(Duration.ofMillis(5)).until(() -> acknowledged.size() > enough);
        kill.run();
        over.set(true);
        for (var writer : writers) {
            writer.get();
        }
        return acknowledged;
    }

    /** One writer in four in batches. */
    private void submit(String lane, int writer, Set<String> acknowledged, AtomicBoolean over) {
        var run = Map.of("lane", lane, "input", writer);
        while (!over.get()) {
            try {
                if (writer == 0) {
                    var reply = api.post("/api/v1/runs/batch", Map.of("runs", List.of(run, run, run)));
                    reply.json()
                            .path("items")
                            .forEach(item ->
                                    acknowledged.add(item.path("run").path("id").asText()));
                } else {
                    var reply = api.post("/api/v1/runs", run);
                    if (reply.status() == 201) {
                        acknowledged.add(reply.json().path("id").asText());
                    }
                }
            } catch (UncheckedIOException unanswered) {
                // Not acknowledged: it may be there or not.
            }
        }
    }

    private void kill(Victim victim, Path data) {
        if (victim != Victim.LIBERTY) {
            Postmaster.of(data).orElseThrow().kill();
        }
        if (victim != Victim.POSTGRESQL) {
            server.kill();
        }
    }

    private Set<String> stored(String lane) {
        var ids = new HashSet<String>();
        var cursor = "";
        do {
            var page = api.get("/api/v1/runs?limit=500&lane=" + lane + (cursor.isEmpty() ? "" : "&cursor=" + cursor))
                    .expect(200)
                    .json();
            page.path("items").forEach(run -> ids.add(run.path("id").asText()));
            cursor = page.path("nextCursor").asText();
        } while (!cursor.isEmpty());
        return ids;
    }
}
