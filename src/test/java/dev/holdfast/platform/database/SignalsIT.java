package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What a node tells the others, as another listener at the same database hears it. */
class SignalsIT {
    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private Connection ear;

    @BeforeEach
    void listen() throws SQLException {
        ear = Cluster.database().connect();
        ear.createStatement().execute("listen holdfast");
    }

    @AfterEach
    void hangUp() throws SQLException {
        ear.close();
    }

    @Test
    void eachMoveIsToldOnceItIsCommitted() {
        var api = tenant.api();
        var run = UUID.fromString(api.submit("told").path("id").asText());
        assertTold(Topic.work(tenant.id(), "told"), Topic.events(tenant.id(), run));

        var claim = api.claimOne("worker", "told");
        assertTold(Topic.events(tenant.id(), run));
        api.beat(claim).expect(200);
        assertTold(Topic.events(tenant.id(), run));
        api.asOwner(claim, "release", Map.of()).expect(200);
        assertTold(Topic.work(tenant.id(), "told"), Topic.events(tenant.id(), run));

        var asking = api.claimOne("worker", "told");
        api.ask(asking, Map.of()).expect(201);
        assertTold(Topic.room(tenant.id(), "told"), Topic.events(tenant.id(), run));
        var approver = tenant.at(Cluster.node(1)).withKey(tenant.newKey(List.of("approvals:decide")));
        approver.decide(api.pendingOf(run.toString()).path("id").asText(), true).expect(200);
        assertTold(Topic.work(tenant.id(), "told"), Topic.events(tenant.id(), run));

        api.complete(api.claimOne("worker", "told")).expect(200);
        assertTold(Topic.room(tenant.id(), "told"), Topic.events(tenant.id(), run));
        api.post("/api/v1/lanes/told/pause", null).expect(200);
        assertTold(Topic.work(tenant.id(), "told"));
    }

    @Test
    void aSweepTellsOfWhatItQueuedAgain() {
        tenant.lane("swept", Map.of("heartbeat", "required"));
        var claim = tenant.claimedAgo(tenant.claimed("swept"), Duration.ofHours(3));
        tenant.api().post("/api/v1/sweeps", Map.of("phases", List.of("leases"))).expect(200);

        assertTold(Topic.work(tenant.id(), "swept"), Topic.events(tenant.id(), UUID.fromString(claim.runId())));
    }

    @Test
    void whatWasNotCommittedIsNotTold() throws SQLException {
        var run = tenant.api().submit("refused").path("id").asText();
        assertTold(Topic.events(tenant.id(), UUID.fromString(run)));

        tenant.api()
                .with("If-Match", "\"77\"")
                .post("/api/v1/runs/" + run + "/cancel", null)
                .expect(412);
        tenant.api().submit("refused-no-more");

        assertThat(toldUntil(Topic.work(tenant.id(), "refused-no-more")))
                .doesNotContain(Topic.events(tenant.id(), UUID.fromString(run)));
    }

    @Test
    void manyAtOnceAreToldTogether() throws SQLException {
        var began = System.nanoTime();
        IntStream.range(0, 100).forEach(i -> tenant.api().submit("many-" + i));
        var millis = Duration.ofNanos(System.nanoTime() - began).toMillis();

        var telegrams = new ArrayList<String>();
        await().until(() -> {
            telegrams.addAll(hear());
            return telegrams.stream()
                            .flatMap(text -> Telegram.topics(text).stream())
                            .filter(topic -> tenant.id().equals(topic.tenant()))
                            .filter(topic -> topic.kind() == Topic.Kind.WORK)
                            .distinct()
                            .count()
                    == 100;
        });
        var ofThisNode = telegrams.stream()
                .filter(text -> text.contains(tenant.id().toString()))
                .count();
        assertThat(ofThisNode).isLessThan(millis / 25 + 3);
    }

    private void assertTold(Topic... topics) {
        assertThat(toldUntil(topics[0])).contains(topics);
    }

    private List<Topic> toldUntil(Topic topic) {
        var told = new ArrayList<Topic>();
        await().pollInterval(Duration.ofMillis(10)).until(() -> {
            hear().forEach(text -> told.addAll(Telegram.topics(text)));
            return told.contains(topic);
        });
        return told;
    }

    private List<String> hear() throws SQLException {
        var heard = ear.unwrap(PGConnection.class).getNotifications(10);
        return heard == null
                ? List.of()
                : List.of(heard).stream().map(PGNotification::getParameter).toList();
    }
}
