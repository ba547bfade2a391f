package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Receiver;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Scrape;
import dev.holdfast.testkit.Tenant;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who delivers, on two nodes. */
class CouriersIT {
    private static final String WEBHOOKS = "/api/v1/webhooks";
    private static final String DELIVERED = "holdfast_webhook_deliveries_total{outcome=\"delivered\"}";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final List<Receiver> receivers = new ArrayList<>();
    private final List<UUID> tenants = new ArrayList<>(List.of(tenant.id()));
    private final CountDownLatch hold = new CountDownLatch(1);

    @AfterEach
    void close() {
        hold.countDown();
        receivers.forEach(Receiver::close);
        tenants.forEach(id -> rows.change("delete from webhooks where tenant_id = ?", id));
    }

    @Test
    void twoNodesDeliverEachEventOnceAndInOrder() {
        var two = tenant.at(Cluster.node(2));
        for (int i = 0; i < 3; i++) {
            make(tenant, receiver());
        }
        for (int i = 0; i < 40; i++) {
            (i % 2 == 0 ? tenant.api() : two).submit("sync");
        }

        await().until(() -> receivers.stream().allMatch(one -> one.messages().size() >= 40));
        var order = tenant.api()
                .get("/api/v1/events?after=0&type=submitted&limit=500")
                .json()
                .path("items");
        for (var receiver : receivers) {
            assertThat(receiver.messages()).extracting(Receiver.Message::event).containsExactlyElementsOf(order);
        }
        var delivered = Scrape.of(Cluster.node(1)).of(DELIVERED)
                + Scrape.of(Cluster.node(2)).of(DELIVERED);
        assertThat(delivered).isGreaterThanOrEqualTo(120);
        await().until(() ->
                rows.count("select count(*) from webhook_deliveries where tenant_id = ?", tenant.id()) == 120);
    }

    @Test
    void whatADeadNodeHeldIsDeliveredByAnotherWhenItsTimeIsUp() {
        var receiver = receiver();
        var made = make(tenant, receiver);
        rows.change(
                "update webhooks set holder = gen_random_uuid(), due_at = now() + interval 'PT1M' where id = ?",
                id(made));
        tenant.api().submit("sync");
        await().during(Duration.ofMillis(1500)).until(() -> receiver.messages().isEmpty());

        rows.change("update webhooks set due_at = now() where id = ?", id(made));
        await().until(() -> receiver.messages().size() == 1);
    }

    /** Its time was up before its receiver answered: another has gone on, and what it writes late moves nothing back. */
    @Test
    void whoeverWasTooSlowHasLostTheWebhook() {
        var receiver = receiver();
        receiver.answering(message -> {
            if (receiver.messages().size() == 1) {
                awaitHold();
            }
            return Receiver.Answer.TAKEN;
        });
        var made = make(tenant, receiver);
        tenant.api().submit("sync");
        await().until(() -> receiver.messages().size() == 1);
        rows.change("update webhooks set due_at = now() where id = ?", id(made));
        await().until(() -> receiver.messages().size() == 2);
        tenant.api().submit("sync");
        await().until(() -> receiver.messages().size() == 3);
        await().until(() -> logged(made) == 2);
        var place = rows.one("select transaction, timeline, number from webhooks where id = ?", id(made));

        hold.countDown();
        tenant.api().submit("sync");
        await().until(() -> receiver.messages().size() == 4);
        await().until(() -> logged(made) == 3);
        var ids = receiver.messages().stream().map(Receiver.Message::id).toList();
        assertThat(ids.get(1)).isEqualTo(ids.get(0));
        assertThat(new HashSet<>(ids)).hasSize(3);
        assertThat((long) rows.one("select transaction from webhooks where id = ?", id(made))
                        .get("transaction"))
                .isGreaterThan((long) place.get("transaction"));
    }

    /** Whoever had passed the second would never have sent the first. */
    @Test
    void anEventThatCommitsLateIsDeliveredInItsPlace() throws SQLException {
        var receiver = receiver();
        var slow = tenant.claimed("slow");
        make(tenant, receiver, Map.of("events", List.of("submitted", "worker.*")));

        try (var transaction = rows.transaction();
                var statement = transaction.createStatement()) {
            statement.execute("""
                    with numbered as (
                        update runs set event_count = event_count + 1 where id = '%s' returning *)
                    insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence)
                    select tenant_id, id, event_count, 'worker.late', 'worker', worker_id, fence from numbered""".formatted(slow.runId()));
            tenant.api().submit("quick");
            await().during(Duration.ofMillis(700))
                    .until(() -> receiver.messages().isEmpty());
            transaction.commit();
        }

        await().until(() -> receiver.messages().size() == 2);
        assertThat(receiver.types()).containsExactly("worker.late", "submitted");
    }

    @Test
    void slowReceiversDelayNoOtherTenant() {
        var slow = receiver();
        slow.answering(message -> {
            awaitHold();
            return Receiver.Answer.TAKEN;
        });
        var others = IntStream.range(0, 12).mapToObj(i -> make(tenant, slow)).toList();
        tenant.api().submit("sync");
        await().until(() -> slow.messages().size() >= 4);

        var quick = receiver();
        var other = Tenant.newOn(Cluster.node(1), rows);
        tenants.add(other.id());
        make(other, quick);
        other.api().submit("sync");
        await().until(() -> quick.messages().size() == 1);
        // Of one tenant a node keeps no more than four waiting, whatever the number of nodes
        assertThat(slow.messages().size()).isBetween(4, 4 * 3);
        hold.countDown();
        await().until(() -> slow.messages().size() == others.size());
    }

    @Test
    void whatWasTriedLongAgoIsForgotten() {
        var made = make(tenant, receiver());
        tenant.api().submit("sync");
        tenant.api().submit("sync");
        await().until(() -> logged(made) == 2);
        rows.change("""
                update webhook_deliveries set at = now() - interval 'P3D' - interval 'PT1S'
                where id = (select min(cast(id as text))::uuid from webhook_deliveries where webhook_id = ?)""", id(made));

        await().atMost(Duration.ofSeconds(30)).until(() -> logged(made) == 1);
    }

    @Test
    void aDisabledTenantsWebhooksRest() {
        var receiver = receiver();
        make(tenant, receiver);
        tenant.api().submit("sync");
        await().until(() -> receiver.messages().size() == 1);
        var claimed = tenant.claimed("other");
        assertThat(claimed).isNotNull();
        await().until(() -> receiver.messages().size() == 2);
        rows.change("update tenants set disabled_at = now() where id = ?", tenant.id());
        rows.change("""
                with numbered as (update runs set event_count = event_count + 1 where id = cast(? as uuid) returning *)
                insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence)
                select tenant_id, id, event_count, 'submitted', 'worker', worker_id, fence from numbered""", claimed.runId());
        await().during(Duration.ofMillis(2500))
                .atMost(Duration.ofSeconds(10))
                .until(() -> receiver.messages().size() == 2);
        rows.change("update tenants set disabled_at = null where id = ?", tenant.id());
        await().until(() -> receiver.messages().size() == 3);
    }

    private Receiver receiver() {
        var receiver = Receiver.open();
        receivers.add(receiver);
        return receiver;
    }

    private static JsonNode make(Tenant tenant, Receiver receiver) {
        return make(tenant, receiver, Map.of("events", List.of("submitted")));
    }

    private static JsonNode make(Tenant tenant, Receiver receiver, Map<String, ?> members) {
        var wanted = new HashMap<String, Object>(members);
        wanted.put("url", receiver.url());
        return tenant.api().post(WEBHOOKS, wanted).expect(201).json();
    }

    private static UUID id(JsonNode webhook) {
        return UUID.fromString(webhook.path("id").asText());
    }

    private long logged(JsonNode webhook) {
        return rows.count("select count(*) from webhook_deliveries where webhook_id = ?", id(webhook));
    }

    private void awaitHold() {
        try {
            hold.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
