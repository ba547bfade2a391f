package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Rows;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A node that dies after a claim's commit and before its reply: the worker never hears of the run that it owns. */
class LostReplyIT {
    private final Rows rows = Rows.ofCluster();
    private final Api one = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Api two = Api.at(Cluster.node(2).uri()).withKey(Cluster.BOOTSTRAP_KEY);

    @Test
    void A6_theRunStaysInFlightUnderItsLeaseAndGoesToNobodyElse() {
        var run = one.submit("lost-reply").path("id").asText();
        var dying = Cluster.newNode("dying-node").start();
        CompletableFuture<Reply> claim;
        // The claim waits to open its lease, its node is frozen, then the database may go on: and commits.
        try (var lease = leaseForeseen(run)) {
            claim = lease.queue(() ->
                    Api.at(dying.uri()).withKey(Cluster.BOOTSTRAP_KEY).claim("worker-of-the-dead", "lost-reply", 1));
            dying.freeze();
        }
        await().pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(5))
                .until(() -> stateOf(run).equals("claimed"));
        assertThat(claim).as("not answered").isNotDone();
        dying.kill();
        assertThat(claim).failsWithin(Duration.ofSeconds(5));

        assertThat(rows.one("""
                        select r.worker_id, r.attempt, l.fence, l.last_heartbeat_at = l.claimed_at as never_beaten,
                               r.claimed_at = l.claimed_at as its_own
                        from runs r join leases l on l.run_id = r.id and l.fence = r.fence
                        where r.id = ?""", UUID.fromString(run)))
                .containsEntry("worker_id", "worker-of-the-dead")
                .containsEntry("attempt", 1)
                .containsEntry("fence", 1L)
                .containsEntry("never_beaten", true)
                .containsEntry("its_own", true);
        for (int i = 0; i < 5; i++) {
            assertThat(one.claim("other-1", "lost-reply", 10).json().path("claims"))
                    .isEmpty();
            assertThat(two.claim("other-2", "lost-reply", 10).json().path("claims"))
                    .isEmpty();
        }
        var shown = one.run(run);
        assertThat(shown.path("state").asText()).isEqualTo("claimed");
        assertThat(shown.has("leaseExpiresAt")).as("says until when it is held").isTrue();
        rows.assertInvariants();
    }

    private HeldLock leaseForeseen(String run) {
        return HeldLock.by(rows, """
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, 1, 'nobody', now(), now(), sha256('none'), now(), now() from runs where id = ?""", UUID.fromString(run));
    }

    private String stateOf(String run) {
        return (String) rows.one("select state from runs where id = ?", UUID.fromString(run))
                .get("state");
    }
}
