package dev.holdfast.webhook;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Author;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.UUID;

/** What operators do with webhooks. */
@ApplicationScoped
public class WebhookDesk {
    /** A tenant has no more. */
    static final int MOST = 20;

    /** Receivers have so long to learn a new secret. */
    private static final Duration GRACE = Duration.ofDays(1);

    private final Webhooks webhooks;
    private final Gate gate;
    private final Couriers couriers;

    protected WebhookDesk() { // for the proxy
        this(null, null, null);
    }

    @Inject
    WebhookDesk(Webhooks webhooks, Gate gate, Couriers couriers) {
        this.webhooks = webhooks;
        this.gate = gate;
        this.couriers = couriers;
    }

    /** @throws Problem 404 if there is no such webhook */
    Webhook find(UUID tenant, UUID id) {
        return webhooks.find(tenant, id).orElseThrow(() -> new Unknown("webhook", id));
    }

    /** @return the webhook, and its secret for the only time @throws Problem 409 if there are as many as there may be */
    @Transactional
    public Webhook add(UUID tenant, Wanted wanted, Author author) {
        wanted.requireSensible(gate);
        if (webhooks.countLocked(tenant) >= MOST) {
            throw new Problem(
                    409,
                    "too_many_webhooks",
                    "A tenant has at most " + MOST + " webhooks: delete one that is not used.");
        }
        var secret = Secret.make();
        var made = webhooks.add(tenant, UuidCreator.getTimeOrderedEpoch(), wanted, secret, author);
        couriers.expect(tenant);
        return made.with(secret);
    }

    void delete(UUID tenant, UUID id, Author author) {
        webhooks.delete(tenant, id, author).orElseThrow(() -> new Unknown("webhook", id));
    }

    /** A second call changes nothing. */
    Webhook disable(UUID tenant, UUID id, Author author) {
        return webhooks.disable(tenant, id, author).orElseGet(() -> find(tenant, id));
    }

    /** A second call changes nothing. */
    Webhook enable(UUID tenant, UUID id, Author author) {
        var webhook = webhooks.enable(tenant, id, author).orElseGet(() -> find(tenant, id));
        couriers.expect(tenant);
        return webhook;
    }

    /** @return the webhook, and its new secret for the only time */
    Webhook rotate(UUID tenant, UUID id, Author author) {
        var secret = Secret.make();
        return webhooks.rotate(tenant, id, secret, GRACE, author)
                .orElseThrow(() -> new Unknown("webhook", id))
                .with(secret);
    }

    /** Delivers all that came after a transaction, again if need be. */
    Webhook putBack(UUID tenant, UUID id, long transaction, Author author) {
        var webhook = webhooks.putBack(tenant, id, transaction, author).orElseThrow(() -> new Unknown("webhook", id));
        couriers.expect(tenant);
        return webhook;
    }

    /** Delivers the event of a delivery once more, out of its turn. */
    Webhook replay(UUID tenant, UUID id, UUID delivery, Author author) {
        var webhook = find(tenant, id);
        if (!webhook.enabled()) {
            throw new Problem(409, "webhook_disabled", "The webhook is disabled: enable it first.");
        }
        if (!webhooks.replay(tenant, id, delivery, author)) {
            throw new Unknown("delivery", delivery);
        }
        couriers.expect(tenant);
        return webhook;
    }
}
