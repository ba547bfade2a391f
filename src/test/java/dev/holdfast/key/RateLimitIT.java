package dev.holdfast.key;

import static dev.holdfast.testkit.GuardedNode.BURST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.GuardedNode;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A node that gives each caller so many requests a second. */
class RateLimitIT {
    private static final Duration REFUSED_WITHIN = Duration.ofSeconds(60);

    /** A machine that is busy may take longer for a request than a token takes to come. */
    private static final int AT_ONCE = 4;

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(GuardedNode.server(), rows);
    private final Api api = Api.at(GuardedNode.server().uri()).withKey(tenant.newKey(Tenant.SCOPES));

    @Test
    void aCallerThatAsksTooOftenIsToldWhenToAskAgain() {
        var replies = untilRefused(() -> api.post("/api/v1/runs", Map.of("lane", "rate")));
        var refused = replies.stream().filter(reply -> reply.status() == 429).toList();

        assertThat(rows.count("select count(*) from runs where tenant_id = ?", tenant.id()))
                .as("what was refused did nothing")
                .isEqualTo(replies.size() - refused.size());
        int wait = Integer.parseInt(refused.get(0).expect(429, "rate_limited").header("Retry-After"));
        assertThat(wait).isBetween(1, 2);
        await().pollInterval(Duration.ofMillis(200))
                .atMost(REFUSED_WITHIN)
                .until(() -> self(api).status() == 200);
    }

    @Test
    void heartbeatsAndEndsNeitherWaitNorCount() {
        var claim = tenant.claimed("vital");
        var failing = tenant.claimed("vital");
        IntStream.range(0, 2 * BURST).forEach(i -> api.beat(claim).expect(200));
        assertThat(untilRefused(() -> self(api)))
                .as("as if there had been no beat")
                .hasSizeGreaterThan(BURST);

        var beats = Map.of("beats", List.of(Map.of("runId", claim.runId(), "fence", claim.fence())));
        IntStream.range(0, BURST)
                .forEach(i -> api.post("/api/v1/heartbeats", beats).expect(200));
        api.complete(claim).expect(200);
        api.fail(failing, "broken").expect(200);
    }

    @Test
    void eachCallerHasABucketOfItsOwn() {
        var claim = tenant.claimed("own");
        var ofRun = api.withKey(claim.runKey());
        untilRefused(() -> self(api));
        ofRun.get("/api/v1/runs/" + claim.runId()).expect(200);
        untilRefused(() -> self(ofRun));
        self(tenant.api()).expect(200);
    }

    /** Refusals count as well: who is not allowed to does not get to ask more often. */
    @Test
    void whatIsForbiddenCounts() {
        var reader = api.withKey(tenant.newKey(List.of(Scope.READ)));
        var statuses = untilRefused(() -> reader.post("/api/v1/runs", Map.of("lane", "x"))).stream()
                .map(Reply::status)
                .distinct();
        assertThat(statuses).containsExactly(403, 429);
    }

    private static Reply self(Api api) {
        return api.get("/api/v1/keys/self");
    }

    private static List<Reply> untilRefused(Supplier<Reply> request) {
        var replies = new ArrayList<Reply>();
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(REFUSED_WITHIN)
                .until(() -> {
                    replies.addAll(Api.inParallel(AT_ONCE, i -> request.get()));
                    return replies.stream().anyMatch(reply -> reply.status() == 429);
                });
        return replies;
    }
}
