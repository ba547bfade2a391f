package dev.holdfast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Follower;
import dev.holdfast.testkit.GuardedNode;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node has so many streams, and a tenant so many of them. */
@Timeout(120) // whoever takes a stream for a reply waits for its end
class StreamLimitsIT {
    private static final String STREAM = "/api/v1/events";

    private final HoldfastServer node = GuardedNode.server();
    private final Rows rows = Rows.ofCluster();
    private final String one = newKey();
    private final String another = newKey();
    private final List<Follower> open = new ArrayList<>();

    @AfterEach
    void close() {
        open.forEach(Follower::close);
        awaitStreams(0);
    }

    @Test
    void aTenantThatHasItsStreamsIsRefusedOneMoreAndNobodyElseIs() {
        follow(one, GuardedNode.STREAMS_OF_A_TENANT);

        for (var method : List.of("GET", "HEAD")) {
            var refused = stream(method, one).expect(429);
            assertThat(refused.header("Retry-After")).isEqualTo("5");
        }
        assertThat(stream("GET", one).code()).isEqualTo("too_many_streams");
        follow(another, 1);
        Follower.open(Cluster.node(1), one, STREAM, null).close();
    }

    @Test
    void aNodeThatHasItsStreamsRefusesOneMoreUntilAClientHasGone() {
        follow(one, GuardedNode.STREAMS_OF_A_TENANT);
        follow(another, GuardedNode.STREAMS - GuardedNode.STREAMS_OF_A_TENANT);

        for (var method : List.of("GET", "HEAD")) {
            var refused = stream(method, another).expect(503);
            assertThat(refused.header("Retry-After")).isEqualTo("5");
        }
        assertThat(stream("GET", another).code()).isEqualTo("node_full");
        assertThat(Scrape.of(node).of("holdfast_streams")).isEqualTo(GuardedNode.STREAMS);

        open.remove(0).close();
        awaitStreams(GuardedNode.STREAMS - 1);
        follow(another, 1);
    }

    private void follow(String key, int streams) {
        for (int i = 0; i < streams; i++) {
            open.add(Follower.open(node, key, STREAM, null));
        }
    }

    /** A client that has gone is found so by the second ping. */
    private void awaitStreams(int number) {
        await().atMost(Duration.ofSeconds(30)).until(() -> Scrape.of(node).of("holdfast_streams") == number);
    }

    /** For what is no stream in the end. */
    private Reply stream(String method, String key) {
        return Api.at(node.uri())
                .withKey(key)
                .with("Accept", "text/event-stream")
                .send(method, STREAM, null);
    }

    private String newKey() {
        return Tenant.newOn(node, rows).newKey(List.of("runs:read"));
    }
}
