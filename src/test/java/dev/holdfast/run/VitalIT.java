package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.GuardedNode;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The living do not look dead because others ask for more than a node can do. */
class VitalIT {
    private static final int FLOOD = 120;

    /** Far less than the flood would take to drain through the threads if it took them all. */
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(GuardedNode.server(), rows);
    private final Api worker = tenant.api();

    @Test
    void whileSubmitsHoldEveryConnectionHeartbeatsAndEndsAreAnswered() {
        var claims =
                IntStream.range(0, 6).mapToObj(i -> tenant.claimed("vital")).toList();
        var blocking = flooder().submit("flood", Map.of("subject", "the same"));
        List<CompletableFuture<Reply>> flood;
        try (var lock = HeldLock.by(
                rows,
                "update runs set subject = 'another' where id = ?",
                id(blocking.path("id").asText()))) {
            IntStream.range(0, GuardedNode.POOL).forEach(i -> lock.queue(submit(flooder())));
            flood = IntStream.range(0, FLOOD)
                    .mapToObj(i ->
                            CompletableFuture.supplyAsync(submit(flooder()), task -> new Thread(task, "flood").start()))
                    .toList();
            worker.get("/api/v1/runs").expect(503, "database_unavailable");
            assertThat(GuardedNode.server().log())
                    .as("what an operator is told of it")
                    .contains("HLDF0212W");
            // Who is refused for want of a credential neither waits for a place nor takes one.
            worker.withoutKey().get("/api/v1/runs").expect(401, "key_missing");
            worker.withLogin("nobody", "a guess").get("/api/v1/runs").expect(401, "login_failed");

            soon(() -> worker.beat(claims.get(0)));
            soon(() -> worker.post("/api/v1/heartbeats", Map.of("beats", List.of(named(claims.get(1))))));
            soon(() -> worker.complete(claims.get(0)));
            soon(() -> worker.fail(claims.get(1), "broken"));
            soon(() -> worker.asOwner(claims.get(2), "release", Map.of()));
            soon(() -> worker.asOwner(
                    claims.get(3),
                    "sleep",
                    Map.of("until", Instant.now().plusSeconds(3600).toString())));
            soon(() -> worker.post("/api/v1/completions", Map.of("items", List.of(named(claims.get(4))))));
            soon(() -> worker.withKey(claims.get(5).runKey()).complete(claims.get(5)));
            assertThat(worker.complete(claims.get(4).withFence(99)).status())
                    .as("told why")
                    .isEqualTo(409);
        }
        assertThat(flood).allSatisfy(reply -> assertThat(reply.join().status()).isIn(200, 503));
        rows.assertInvariants();
    }

    private static void soon(Supplier<Reply> call) {
        long begun = System.nanoTime();
        call.get().expect(200);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
    }

    /** In a batch, which takes a connection whatever others do: those that come one by one would share a few. */
    private static Supplier<Reply> submit(Api api) {
        var run = Map.of("lane", "flood", "subject", "the same");
        return () -> api.post("/api/v1/runs/batch", Map.of("runs", List.of(run)));
    }

    /** Of a key of its own, which has made no request yet. */
    private Api flooder() {
        return worker.withKey(tenant.newKey(List.of("runs:submit")));
    }

    private static Map<String, ?> named(Claimed claim) {
        return Map.of("runId", claim.runId(), "fence", claim.fence());
    }

    private static UUID id(String text) {
        return UUID.fromString(text);
    }
}
