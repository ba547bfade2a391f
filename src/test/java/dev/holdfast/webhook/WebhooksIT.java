package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Receiver;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Webhooks as an operator has them. */
class WebhooksIT {
    private static final String WEBHOOKS = "/api/v1/webhooks";

    private final Rows rows = Rows.ofCluster();
    private final Tenant tenant = Tenant.newOn(Cluster.node(1), rows);
    private final Api api = tenant.api();
    private final Receiver receiver = Receiver.open();

    @AfterEach
    void close() {
        receiver.close();
        rows.change("delete from webhooks where tenant_id = ?", tenant.id());
    }

    @Test
    void eachEventThatIsWantedComesOnceSignedAndInOrder() {
        api.submit("before");
        var made = make(Map.of("events", List.of("submitted", "claimed", "worker.*", "completed")));
        var claim = tenant.claimed("sync");
        api.asOwner(claim, "events", Map.of("events", List.of(Map.of("type", "worker.step", "data", Map.of("n", 1)))))
                .expect(201);
        api.beat(claim).expect(200);
        api.complete(claim).expect(200);

        await().until(() -> receiver.types().contains("completed"));
        assertThat(receiver.types()).containsExactly("submitted", "claimed", "worker.step", "completed");
        var events = api.get("/api/v1/events?after=0").json().path("items");
        for (var message : receiver.messages()) {
            assertThat(events).contains(message.event());
            assertThat(message.id())
                    .isEqualTo(claim.runId() + "-" + message.event().path("id").asText());
            assertThat(message.signature()).isEqualTo(signed(made, message));
        }
        await().until(() -> log(made).size() == 4);
        assertThat(log(made)).allSatisfy(delivery -> {
            assertThat(delivery.path("outcome").asText()).isEqualTo("delivered");
            assertThat(delivery.path("status").asInt()).isEqualTo(204);
            assertThat(delivery.path("runId").asText()).isEqualTo(claim.runId());
            assertThat(delivery.path("attempt").asInt()).isEqualTo(1);
        });
        await().until(() -> get(made).path("deliveredUpTo").asLong()
                >= events.get(events.size() - 1).path("transaction").asLong());
    }

    @Test
    void onlyTheLanesThatAreNamedAreToldOf() {
        make(Map.of("events", List.of("*"), "lanes", List.of("one")));
        api.submit("two");
        tenant.lane("one", Map.of());
        api.submit("one");

        await().until(() -> receiver.messages().size() == 2);
        assertThat(receiver.types()).containsExactly("lane_created", "submitted");
    }

    @Test
    void whatIsNotTakenIsSentAgainAndWhatIsBehindItWaits() {
        receiver.answering(503);
        var made = make(Map.of("events", List.of("submitted")));
        api.submit("one");
        await().until(() -> get(made).path("attempts").asInt() == 1);
        api.submit("two");
        var failing = get(made);
        assertThat(failing.path("lastError").asText()).isEqualTo("no");
        assertThat(failing.has("failingSince")).isTrue();
        assertThat(seconds(failing, "failingSince", "nextAttemptAt")).isBetween(2.0, 6.0);

        due(made);
        await().until(() -> get(made).path("attempts").asInt() == 2);
        receiver.answering(message -> Receiver.Answer.TAKEN);
        due(made);
        await().until(() -> receiver.messages().size() == 4);
        var ids = receiver.messages().stream().map(Receiver.Message::id).toList();
        assertThat(ids.subList(1, 3)).containsOnly(ids.get(0));
        assertThat(ids.get(3)).isNotEqualTo(ids.get(0));
        await().until(() -> log(made).size() == 4);
        assertThat(log(made).stream()
                        .map(one -> one.path("outcome").asText() + " "
                                + one.path("attempt").asInt()))
                .containsExactly("delivered 1", "delivered 3", "failed 2", "failed 1");
        assertThat(api.get(path(made) + "/deliveries?outcome=failed").json().path("items"))
                .hasSize(2);
        assertThat(get(made).has("failingSince")).isFalse();
    }

    @Test
    void theReceiverSaysWhenToTryAgain() {
        receiver.answering(message -> new Receiver.Answer(429, Map.of("Retry-After", "7200"), ""));
        var made = make(Map.of("events", List.of("submitted")));
        api.submit("one");

        await().until(() -> get(made).path("attempts").asInt() == 1);
        assertThat(seconds(get(made), "failingSince", "nextAttemptAt")).isBetween(7199.0, 7201.0);
    }

    @Test
    void whatIsGoneIsDisabledAtOnceAndGoesOnWhereItEnded() {
        receiver.answering(410);
        var made = make(Map.of("events", List.of("submitted")));
        api.submit("one");
        await().until(() -> !get(made).path("enabled").asBoolean());
        assertThat(get(made).path("disabledBecause").asText()).isEqualTo("gone");
        api.submit("two");
        assertThat(disabling().path("because").asText()).isEqualTo("gone");
        assertThat(receiver.messages()).hasSize(1);

        receiver.answering(message -> Receiver.Answer.TAKEN);
        assertThat(api.post(path(made) + "/enable", null)
                        .expect(200)
                        .json()
                        .path("enabled")
                        .asBoolean())
                .isTrue();
        await().until(() -> receiver.messages().size() == 3);
        assertThat(receiver.messages().get(1).id())
                .isEqualTo(receiver.messages().get(0).id());
    }

    @Test
    void whatHasTakenNothingForADayIsDisabled() {
        receiver.answering(500);
        var made = make(Map.of("events", List.of("submitted")));
        api.submit("one");
        await().until(() -> get(made).path("attempts").asInt() == 1);
        rows.change("update webhooks set failing_since = now() - interval 'P1D' where id = ?", id(made));
        due(made);

        await().until(() -> !get(made).path("enabled").asBoolean());
        assertThat(get(made).path("disabledBecause").asText()).isEqualTo("failing");
        assertThat(disabling().path("attempts").asInt()).isEqualTo(2);
        assertThat(receiver.messages()).hasSize(2);
        api.post(
                        path(made) + "/replay",
                        Map.of("deliveryId", log(made).get(0).path("id").asText()))
                .expect(409, "webhook_disabled");
    }

    @Test
    void eventsAreSentAgainSinceOneOrOneAlone() {
        var made = make(Map.of("events", List.of("submitted")));
        for (int i = 0; i < 3; i++) {
            api.submit("lane-" + i);
        }
        await().until(() -> log(made).size() == 3);
        var first = receiver.messages().get(0);

        api.post(
                        path(made) + "/replay",
                        Map.of("after", first.event().path("transaction").asLong()))
                .expect(200);
        await().until(() -> receiver.messages().size() == 5);
        assertThat(receiver.messages().subList(3, 5))
                .extracting(Receiver.Message::id)
                .isEqualTo(receiver.messages().subList(1, 3).stream()
                        .map(Receiver.Message::id)
                        .toList());

        var delivery = log(made).stream()
                .filter(one -> one.path("messageId").asText().equals(first.id()))
                .findFirst()
                .orElseThrow();
        api.post(
                        path(made) + "/replay",
                        Map.of("deliveryId", delivery.path("id").asText()))
                .expect(200);
        await().until(() -> receiver.messages().size() == 6);
        assertThat(receiver.messages().get(5).id()).isEqualTo(first.id());
        assertThat(receiver.messages().get(5).body()).isEqualTo(first.body());
        await().until(() -> log(made).get(0).path("replay").asBoolean());
        api.post(path(made) + "/replay", Map.of("deliveryId", UUID.randomUUID().toString()))
                .expect(404, "not_found");
        var other = Tenant.newOn(Cluster.node(1), rows);
        other.api()
                .post(
                        path(made) + "/replay",
                        Map.of("deliveryId", delivery.path("id").asText()))
                .expect(404, "not_found");
    }

    /** Past what no receiver takes: and back to before the webhook was made there is nothing. */
    @Test
    void aWebhookIsPutPastAnEventAndNeverBeforeItsMaking() {
        api.submit("before");
        receiver.answering(message -> message.event().toString().contains("poison")
                ? new Receiver.Answer(500, Map.of(), "no")
                : Receiver.Answer.TAKEN);
        var made = make(Map.of("events", List.of("submitted", "worker.*")));
        var claim = tenant.claimed("sync");
        api.asOwner(claim, "events", Map.of("events", List.of(Map.of("type", "worker.poison"))))
                .expect(201);
        await().until(() -> get(made).path("attempts").asInt() > 0);
        api.submit("after");

        var poison = receiver.messages().get(1).event().path("transaction").asLong();
        api.post(path(made) + "/replay", Map.of("after", poison)).expect(200);
        await().until(() -> receiver.types().size() == 3);
        assertThat(receiver.types()).containsExactly("submitted", "worker.poison", "submitted");

        receiver.answering(message -> Receiver.Answer.TAKEN);
        api.post(path(made) + "/replay", Map.of("after", 0)).expect(200);
        await().until(() -> receiver.types().size() == 6);
        assertThat(receiver.types().subList(3, 6)).containsExactly("submitted", "worker.poison", "submitted");
    }

    @Test
    void theSecretIsShownOnceAndTheFormerOneSignsForADay() {
        var made = make(Map.of("events", List.of("*")));
        var secret = made.path("secret").asText();
        assertThat(get(made).has("secret")).isFalse();
        assertThat(api.get(WEBHOOKS).expect(200).text()).doesNotContain("whsec_");

        var rotated = api.post(path(made) + "/rotate", null).expect(200).json();
        assertThat(rotated.path("secret").asText()).isNotEqualTo(secret);
        api.submit("one");
        await().until(() -> receiver.types().contains("submitted"));
        var message = receiver.messages().get(receiver.types().indexOf("submitted"));
        assertThat(message.signature()).isEqualTo(signed(rotated, message) + " " + signed(made, message));

        rows.change("update webhooks set former_until = now() where id = ?", id(made));
        api.submit("two");
        await().until(() ->
                receiver.types().stream().filter("submitted"::equals).count() == 2);
        var later = receiver.messages().get(receiver.types().lastIndexOf("submitted"));
        assertThat(later.signature()).isEqualTo(signed(rotated, later));
        var told = api.get("/api/v1/events?after=0").text()
                + log(made)
                + Cluster.node(1).log();
        assertThat(told).contains("webhook_secret_rotated").doesNotContain(secret.substring(6));
    }

    @Test
    void aPrivateAddressIsRefusedWhereItLeadsToAndWhereItIsNamed() {
        for (var url : List.of("https://127.0.0.1:9443/", "https://[::1]:9443/", "https://2130706433/")) {
            var refused = api.post(WEBHOOKS, Map.of("url", url, "events", List.of("*")))
                    .expect(400, "invalid_request");
            assertThat(refused.json().at("/violations/0/field").asText()).isEqualTo("url");
        }
        var made = make(Map.of("url", "https://localhost:9443/", "events", List.of("submitted")));
        api.submit("one");

        await().until(() -> log(made).size() == 1);
        assertThat(log(made).get(0).path("outcome").asText()).isEqualTo("refused");
        assertThat(log(made).get(0).path("error").asText()).doesNotContain("127.0.0.1");
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "url, ftp://example.com/",
        "url, example.com",
        "url, http://",
        "url, https://a b/",
        "events[0], complete",
        "events[0], *ed",
        "lanes[0], no lane",
        "colour, red"
    })
    void whatMakesNoSenseIsRefusedByName(String field, String value) {
        var name = field.replace("[0]", "");
        var wanted = new HashMap<String, Object>(Map.of("url", receiver.url(), "events", List.of("*")));
        wanted.put(name, name.equals(field) ? value : List.of(value));

        var refused = api.post(WEBHOOKS, wanted).expect(400, "invalid_request");
        assertThat(refused.json().at("/violations/0/field").asText()).isEqualTo(field);
        assertThat(api.get(WEBHOOKS).json().path("items")).isEmpty();
    }

    @Test
    void aTenantHasTwentyHoweverManyAreAskedForAtOnce() {
        var statuses = Api.inParallel(25, i -> api.post(WEBHOOKS, wanted(Map.of("events", List.of("completed"))))
                .status());
        assertThat(statuses).containsOnly(201, 409);
        assertThat(statuses.stream().filter(status -> status == 201)).hasSize(20);
        var page = api.get(WEBHOOKS + "?limit=15").json();
        var rest = api.get(
                        WEBHOOKS + "?limit=15&cursor=" + page.path("nextCursor").asText())
                .json();
        assertThat(page.path("items").size() + rest.path("items").size()).isEqualTo(20);
        var one = page.path("items").get(0);
        api.delete(path(one)).expect(204);
        api.delete(path(one)).expect(404);
        api.get(path(one)).expect(404);
        api.get(path(one) + "/deliveries").expect(404);
        api.post(WEBHOOKS, wanted(Map.of("events", List.of("completed")))).expect(201);
    }

    private JsonNode make(Map<String, ?> members) {
        return api.post(WEBHOOKS, wanted(members)).expect(201).json();
    }

    private Map<String, Object> wanted(Map<String, ?> members) {
        var wanted = new HashMap<String, Object>(Map.of("url", receiver.url()));
        wanted.putAll(members);
        return wanted;
    }

    private static String path(JsonNode webhook) {
        return WEBHOOKS + "/" + webhook.path("id").asText();
    }

    private static UUID id(JsonNode webhook) {
        return UUID.fromString(webhook.path("id").asText());
    }

    private JsonNode get(JsonNode webhook) {
        return api.get(path(webhook)).expect(200).json();
    }

    private List<JsonNode> log(JsonNode webhook) {
        var items = new ArrayList<JsonNode>();
        api.get(path(webhook) + "/deliveries").expect(200).json().path("items").forEach(items::add);
        return items;
    }

    /** Its next attempt is now, if nobody makes one. */
    private void due(JsonNode webhook) {
        rows.change("update webhooks set due_at = now() where id = ? and holder is null", id(webhook));
    }

    private JsonNode disabling() {
        await().until(() -> api.get("/api/v1/events?type=webhook_disabled")
                        .json()
                        .path("items")
                        .size()
                == 1);
        return api.get("/api/v1/events?type=webhook_disabled").json().at("/items/0/data");
    }

    private static double seconds(JsonNode webhook, String from, String to) {
        return Duration.between(
                                Instant.parse(webhook.path(from).asText()),
                                Instant.parse(webhook.path(to).asText()))
                        .toMillis()
                / 1000.0;
    }

    private static String signed(JsonNode webhook, Receiver.Message message) {
        var key = Base64.getDecoder().decode(webhook.path("secret").asText().substring(6));
        return Secret.sign(List.of(new Secret(key)), message.id(), message.timestamp(), message.body());
    }
}
