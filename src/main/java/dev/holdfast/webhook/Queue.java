package dev.holdfast.webhook;

import dev.holdfast.event.Event;
import dev.holdfast.event.TenantEvent;
import dev.holdfast.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A webhook that this node delivers to now.
 *
 * @param holder by which it is known to be so
 * @param replays whether there are events to be delivered once more
 * @param slow when it was last tried
 * @param taken when, by the database's clock
 * @param takenNanos the same moment, by this machine's
 */
record Queue(
        Webhook webhook,
        List<Secret> secrets,
        UUID holder,
        boolean replays,
        boolean slow,
        Instant taken,
        long takenNanos) {
    /** A longer event is sent without its data. */
    private static final int MOST_BYTES = 256 * 1024;

    UUID tenant() {
        return webhook.tenant();
    }

    UUID id() {
        return webhook.id();
    }

    /** Nothing that happened before the webhook was there, whatever is replayed. */
    boolean wants(Event event, String lane) {
        return !event.at().isBefore(webhook.createdAt())
                && new EventTypes(webhook.events()).include(event.type())
                && (webhook.lanes() == null || webhook.lanes().contains(lane));
    }

    /** The event as the API gives it. */
    static String body(TenantEvent event) {
        var whole = Json.write(event);
        return whole.length() <= MOST_BYTES && whole.getBytes(StandardCharsets.UTF_8).length <= MOST_BYTES
                ? whole
                : Json.write(event.withoutData());
    }

    /** @param body that they go with */
    Map<String, String> headers(TenantEvent event, String body) {
        // The same however often it is sent: by this a receiver knows what it has had already.
        var id = event.timeline() + "-" + event.event().id();
        long seconds =
                taken.plus(Duration.ofNanos(System.nanoTime() - takenNanos)).getEpochSecond();
        return Map.of(
                "webhook-id",
                id,
                "webhook-timestamp",
                Long.toString(seconds),
                "webhook-signature",
                Secret.sign(secrets, id, seconds, body));
    }
}
