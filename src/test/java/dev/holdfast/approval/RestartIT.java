package dev.holdfast.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What waits for people outlives every node. */
class RestartIT {
    private static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    private static final List<HoldfastServer> NODES = Stream.of("approval-a", "approval-b")
            .map(name -> HoldfastServer.named(name)
                    .on(DATABASE)
                    .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                    .with("HOLDFAST_SWEEP_INTERVAL", "PT1S"))
            .toList();

    private final Rows rows = Rows.of(DATABASE);

    @AfterAll
    static void stop() {
        NODES.parallelStream().forEach(HoldfastServer::kill);
        TestPostgres.shared().drop(DATABASE);
    }

    @Test
    void F9_allNodesRestartedTheQuestionsAreListedAndDecidableOnAnyOfThem() {
        NODES.forEach(HoldfastServer::startUnready);
        NODES.forEach(HoldfastServer::awaitReady);
        var tenant = Tenant.newOn(NODES.get(0), rows);
        var a = tenant.api();
        var b = tenant.at(NODES.get(1));
        var asked = AskIT.idOf(a.ask(tenant.claimed("asked"), Map.of()).expect(201));
        var gated = b.pendingOf(
                b.submit("gated", Map.of("approval", Api.QUESTION)).path("id").asText());
        var half = AskIT.idOf(a.ask(tenant.claimed("half"), Map.of("approvers", Map.of("required", 2)))
                .expect(201));
        a.decide(half, true).expect(200);

        NODES.get(0).kill();
        NODES.get(1).stop();
        // The nodes are back before the database lets anybody in.
        rows.execute("alter database %s connection limit 0".formatted(DATABASE.name()));
        NODES.forEach(HoldfastServer::startUnready);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> NODES.stream().allMatch(node -> node.log().contains("does not let this node in yet")));
        rows.execute("alter database %s connection limit -1".formatted(DATABASE.name()));
        NODES.forEach(HoldfastServer::awaitReady);

        for (var node : List.of(a, b)) {
            assertThat(node.get("/api/v1/approvals")
                            .expect(200)
                            .json()
                            .path("items")
                            .findValuesAsText("id"))
                    .containsExactly(asked, gated.path("id").asText(), half);
            assertThat(node.approval(half).path("decisions")).hasSize(1);
        }
        b.decide(asked, true).expect(200);
        a.decide(gated.path("id").asText(), false).expect(200);
        b.decide(half, true).expect(409, "approver_already_decided");
        assertThat(a.claimOne("next", "asked").json().at("/approval/status").asText())
                .isEqualTo("approved");
        assertThat(b.claimOne("next", "gated").json().at("/approval/status").asText())
                .isEqualTo("denied");
        rows.assertInvariants();
    }
}
