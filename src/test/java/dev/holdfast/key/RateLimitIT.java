package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A node that gives each caller so many requests a second. */
class RateLimitIT {
    private static final int BURST = 20;
    private static final HoldfastServer NODE = Cluster.newNode("rate-limited")
            .with("HOLDFAST_RATE_LIMIT", "1")
            .with("HOLDFAST_RATE_BURST", Integer.toString(BURST));

    private final Tenant tenant = Tenant.newOn(NODE, Rows.ofCluster());
    private final Api other = Api.at(NODE.uri()).withKey(tenant.newKey(Tenant.SCOPES));

    @BeforeAll
    static void start() {
        NODE.start();
    }

    @AfterAll
    static void stop() {
        NODE.stop();
    }

    @Test
    void aCallerThatAsksTooOftenIsToldWhenToAskAgain() {
        exhaust(other);
        var refused = other.post("/api/v1/runs", Map.of("lane", "refused")).expect(429, "rate_limited");
        int wait = Integer.parseInt(refused.header("Retry-After"));
        assertThat(wait).isBetween(1, 2);

        await().pollDelay(Duration.ofMillis(200))
                .atMost(Duration.ofSeconds(wait + 2L))
                .until(() -> other.get("/api/v1/keys/self").status() == 200);
        assertThat(tenant.api()
                        .get("/api/v1/runs?lane=refused")
                        .expect(200)
                        .json()
                        .path("items"))
                .isEmpty();
    }

    @Test
    void heartbeatsAndEndsNeitherWaitNorCount() {
        var claim = tenant.claimed("vital");
        var failing = tenant.claimed("vital");
        var worker = other;
        IntStream.range(0, 3 * BURST).forEach(i -> worker.beat(claim).expect(200));
        exhaust(worker);
        var beats = Map.of("beats", List.of(Map.of("runId", claim.runId(), "fence", claim.fence())));
        IntStream.range(0, BURST)
                .forEach(i -> worker.post("/api/v1/heartbeats", beats).expect(200));
        worker.complete(claim).expect(200);
        worker.fail(failing, "broken").expect(200);
        worker.get("/api/v1/keys/self").expect(429, "rate_limited");
    }

    @Test
    void eachCallerHasItsOwn() {
        var claim = tenant.claimed("own");
        var ofRun = other.withKey(claim.runKey());
        exhaust(other);
        ofRun.get("/api/v1/runs/" + claim.runId()).expect(200);
        exhaust(ofRun);
        tenant.api().get("/api/v1/runs/" + claim.runId()).expect(200);
    }

    /** Refusals count as well: who is not allowed to does not get to ask more often. */
    @Test
    void whatIsForbiddenCounts() {
        var reader = Api.at(NODE.uri()).withKey(tenant.newKey(List.of(Scope.READ)));
        var statuses = IntStream.range(0, 2 * BURST)
                .map(i -> reader.post("/api/v1/runs", Map.of("lane", "x")).status())
                .boxed()
                .toList();
        assertThat(statuses).startsWith(403).endsWith(429);
    }

    private static void exhaust(Api caller) {
        await().pollInterval(Duration.ofMillis(1))
                .until(() -> caller.get("/api/v1/keys/self").status() == 429);
    }
}
