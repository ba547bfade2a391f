package dev.holdfast.webhook;

import dev.holdfast.event.Place;
import dev.holdfast.event.TenantEvent;
import dev.holdfast.platform.Settings;
import dev.holdfast.stream.Feed;
import dev.holdfast.webhook.Attempt.Outcome;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Delivers to one webhook, one event after the other: the next is not sent before the one before has been taken. What has
 * been taken is written down at once, so that a courier's death costs one repetition at the most.
 */
@ApplicationScoped
class Courier {
    private static final Logger LOG = Logger.getLogger(Courier.class.getName());

    /** After so many, or so long, others have their turn. */
    private static final int MOST = 50;

    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int REPLAYS = 20;

    private final Queues queues;
    private final Feed feed;
    private final Sender sender;
    private final WebhookMetrics metrics;
    private final Settings settings;

    protected Courier() { // for the proxy
        this(null, null, null, null, null);
    }

    @Inject
    Courier(Queues queues, Feed feed, Sender sender, WebhookMetrics metrics, Settings settings) {
        this.queues = queues;
        this.feed = feed;
        this.sender = sender;
        this.metrics = metrics;
        this.settings = settings;
    }

    /** Delivers what there is, for a while. @param stopping whether this node ends */
    void deliver(Queue queue, BooleanSupplier stopping) {
        long until = System.nanoTime() + LONGEST_NANOS;
        if (queue.replays() && !replay(queue, stopping)) {
            return;
        }
        var place = queue.webhook().place();
        int sent = 0;
        boolean more = true;
        while (more) {
            var section = feed.ofTenant(queue.tenant(), place);
            for (var entry : section.entries()) {
                if (queue.wants(entry.event(), entry.lane())) {
                    if (sent++ == MOST || System.nanoTime() - until > 0 || stopping.getAsBoolean()) {
                        queues.release(queue, place);
                        return;
                    }
                    if (!deliver(queue, place, entry.ofTenant())) {
                        return;
                    }
                }
                place = entry.place();
            }
            place = section.reached();
            more = section.more();
        }
        queues.release(queue, place);
    }

    /** Whether the webhook is still held, and the next may follow. */
    private boolean deliver(Queue queue, Place before, TenantEvent event) {
        var attempt = attempt(queue, event);
        if (attempt.isGood()) {
            return queues.delivered(queue, event, attempt);
        }
        int failed = queue.webhook().place().equals(before) ? queue.webhook().attempts() + 1 : 1;
        var wait = Backoff.after(failed, attempt.retryAfter(), ThreadLocalRandom.current());
        queues.failed(queue, before, event, attempt, wait, settings.nodeName())
                .ifPresent(now -> say(queue, attempt, now));
        return false;
    }

    private boolean replay(Queue queue, BooleanSupplier stopping) {
        for (var event : queues.replays(queue, REPLAYS)) {
            if (stopping.getAsBoolean() || !queues.replayed(queue, event, attempt(queue, event))) {
                return false;
            }
        }
        return true;
    }

    private Attempt attempt(Queue queue, TenantEvent event) {
        var body = Queue.body(event);
        var attempt = sender.send(queue.webhook().url(), queue.headers(event, body), body);
        metrics.attempted(attempt.outcome());
        return attempt;
    }

    // The URL may hold what only its receiver should know.
    private static void say(Queue queue, Attempt attempt, Queues.Failed now) {
        if (now.because() != null) {
            LOG.warning(() -> "webhook %s of tenant %s is disabled after %d attempts (%s): %s"
                    .formatted(queue.id(), queue.tenant(), now.attempts(), now.because(), answer(attempt)));
        } else {
            LOG.log(Level.FINE, () -> "webhook %s of tenant %s: attempt %d failed: %s"
                    .formatted(queue.id(), queue.tenant(), now.attempts(), answer(attempt)));
        }
    }

    private static String answer(Attempt attempt) {
        return attempt.outcome() == Outcome.REFUSED || attempt.status() == null
                ? attempt.error()
                : "status " + attempt.status();
    }
}
