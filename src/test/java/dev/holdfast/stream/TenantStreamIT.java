package dev.holdfast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Follower;
import dev.holdfast.testkit.Follower.Event;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120) // whoever takes a stream for a reply waits for its end
class TenantStreamIT {
    private static final String STREAM = "/api/v1/events";

    /** As the API writes what a worker reports. */
    private static final String REPORT = """
            with numbered as (
                update runs set event_count = event_count + 1 where id = ?
                returning tenant_id, id, event_count, event_transaction)
            insert into events (tenant_id, run_id, seq, type, actor_kind, fence, transaction)
            select tenant_id, id, event_count, 'worker.late', 'worker', 1, event_transaction from numbered""";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();
    private final String key = tenant.newKey(Tenant.SCOPES);

    @Test
    void I3_anEventIsNotShownBeforeAnEarlierTransactionHasEnded() throws SQLException {
        var first = tenant.claimed("first");
        var second = tenant.claimed("second");
        try (var late = begun();
                var follower = follow(1, STREAM)) {
            report(api, second);
            report(late, first);
            assertThat(types(api.get(STREAM + "?after=0").expect(200).json())).doesNotContain("worker.step");
            late.commit();

            follower.await(2);
            assertThat(follower.types()).containsExactly("worker.late", "worker.step");
            assertThat(types(api.get(STREAM + "?after=0").expect(200).json())).endsWith("worker.late", "worker.step");
        }
    }

    /** The second to write has the lower transaction: it began first, and met the other at the run. */
    @Test
    void I3_theEventsOfARunStandInTheOrderOfItsTimeline() throws SQLException {
        var run = tenant.claimed("one");
        try (var late = begun();
                var follower = follow(2, STREAM)) {
            report(api, run);
            report(late, run);
            late.commit();

            follower.await(2);
            assertThat(follower.events().stream().map(Event::number)).containsExactly(3, 4);
        }
        rows.assertInvariants();
    }

    @Test
    void I3_cutAgainAndAgainItMissesNothingAndDoublesNothingWhileCommitsComeOutOfOrder() {
        var runs = claimed(50);
        var writing = List.of(
                CompletableFuture.runAsync(
                        () -> reportAll(Api.at(Cluster.node(1).uri()).withKey(key), runs, 6)),
                CompletableFuture.runAsync(
                        () -> reportAll(Api.at(Cluster.node(2).uri()).withKey(key), runs, 6)),
                CompletableFuture.runAsync(() -> reportLate(runs, 30)));
        long all = 50 * (2 + 6 + 6) + 30;

        var seen = new ArrayList<Event>();
        String last = null;
        for (int node = 1; seen.size() < all; node = 3 - node) {
            var path = last == null ? STREAM + "?after=0" : STREAM;
            try (var follower = follow(node, path, last)) {
                follower.await((int) Math.min(40, all - seen.size()));
                follower.close();
                seen.addAll(follower.events());
                last = follower.lastId();
            }
        }

        writing.forEach(CompletableFuture::join);
        var written = rows.all(
                "select run_id, seq from events where tenant_id = ? order by transaction, run_id, seq", tenant.id());
        assertThat(seen.stream().map(event -> event.run() + " " + event.number()))
                .containsExactlyElementsOf(written.stream()
                        .map(row -> row.get("run_id") + " " + row.get("seq"))
                        .toList());
        assertThat(seen).hasSize((int) all);
        rows.assertInvariants();
    }

    @Test
    void aFilterPassesOverWhatIsOfNoInterestAndGoesOnBehindIt() {
        var before = tenant.claimed("wanted");
        try (var follower = follow(1, STREAM + "?lane=wanted&type=worker.step");
                var own = follow(2, STREAM + "?type=key_created")) {
            var from = follower.awaitUntil(open -> open.lastId() != null).lastId();
            report(api, before);
            var other = tenant.claimed("other");
            report(api, other);
            follower.await(1);
            api.complete(other).expect(200);
            // nothing of interest comes any more, but the place to go on from does
            var after = follower.lastId();
            follower.awaitUntil(open -> !after.equals(open.lastId()));
            assertThat(follower.events()).hasSize(1).allMatch(event -> event.run()
                    .equals(before.runId()));
            assertThat(after).isNotEqualTo(from);

            api.post("/api/v1/keys", Map.of("name", "another", "scopes", List.of("runs:read")))
                    .expect(201);
            assertThat(own.await(1).events().get(0).json().has("runId")).isFalse();
        }
    }

    @Test
    void itBeginsNowOrWhereItIsToldTo() {
        tenant.claimed("earlier");
        String last;
        try (var now = follow(1, STREAM)) {
            last = now.awaitUntil(open -> open.lastId() != null).lastId();
            assertThat(now.events()).isEmpty();
        }
        api.submit("later");
        try (var later = follow(2, STREAM, last);
                var all = follow(2, STREAM + "?after=0", null)) {
            assertThat(later.await(1).types()).containsExactly("submitted");
            assertThat(all.await(3).types()).containsExactly("submitted", "claimed", "submitted");
            var pages = api.get(STREAM + "?after=0").expect(200).json().path("items");
            assertThat(all.events().stream().map(Event::json)).containsExactlyElementsOf(pages);
        }
    }

    @Test
    void I8_anotherTenantsEventsAreNotInIt() {
        var other = Tenant.newOn(Cluster.node(2), rows);
        try (var follower = follow(1, STREAM);
                var others = Follower.open(Cluster.node(1), other.newKey(List.of("runs:read")), STREAM, null)) {
            other.api().submit("theirs");
            api.submit("ours");
            assertThat(follower.await(1).events()).hasSize(1);
            assertThat(others.await(1).events().get(0).run())
                    .isNotEqualTo(follower.events().get(0).run());
        }
    }

    /** From now on: nothing that was written before may be held still, or it would be shown. */
    private Follower follow(int node, String path) {
        await().until(() -> rows.count(
                        "select count(*) from events where tenant_id = ? and transaction >= transactions_ended_below()",
                        tenant.id())
                == 0);
        return follow(node, path, null);
    }

    private Follower follow(int node, String path, String lastId) {
        return Follower.open(Cluster.node(node), key, path, lastId);
    }

    /** A transaction that has its number, and has written nothing. */
    private Connection begun() throws SQLException {
        var transaction = rows.transaction();
        transaction.createStatement().execute("select pg_current_xact_id()");
        return transaction;
    }

    private List<Claimed> claimed(int number) {
        for (int i = 0; i < number; i++) {
            api.submit("many");
        }
        return api.claim("worker-1", "many", number)
                .expect(200)
                .json()
                .path("claims")
                .valueStream()
                .map(Claimed::of)
                .toList();
    }

    private static void reportAll(Api api, List<Claimed> runs, int times) {
        for (int i = 0; i < times; i++) {
            runs.forEach(run -> report(api, run));
        }
    }

    private static void report(Api api, Claimed run) {
        api.asOwner(run, "events", Map.of("events", List.of(Map.of("type", "step"))))
                .expect(201);
    }

    /** Each commits after some that began later. */
    private void reportLate(List<Claimed> runs, int times) {
        for (int i = 0; i < times; i++) {
            try (var late = begun()) {
                long before = written();
                await().until(() -> written() > before + 4 || written() >= 50 * (2 + 6 + 6));
                report(late, runs.get(i));
                late.commit();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private long written() {
        return rows.count("select count(*) from events where tenant_id = ? and type <> 'worker.late'", tenant.id());
    }

    private static void report(Connection transaction, Claimed run) throws SQLException {
        try (var statement = transaction.prepareStatement(REPORT)) {
            statement.setObject(1, UUID.fromString(run.runId()));
            statement.executeUpdate();
        }
    }

    private static List<String> types(JsonNode page) {
        return page.path("items")
                .valueStream()
                .map(event -> event.path("type").asText())
                .toList();
    }
}
