package dev.holdfast.webhook;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.webhook.Attempt.Outcome;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;

/** What is counted of deliveries: attempts of this node, and of all tenants how far webhooks are behind. */
@ApplicationScoped
class WebhookMetrics {
    private static final String OLDEST = """
            select cast(coalesce(max(extract(epoch from statement_timestamp() - e.at)), 0) as double precision) as age
            from webhooks w
            cross join lateral (
                select at from events e
                where e.tenant_id = w.tenant_id and (e.transaction, e.run_id, e.seq) > (w.transaction, w.timeline, w.number)
                order by e.transaction limit 1) e
            where w.disabled_at is null""";

    private final Database database;
    private final Metrics metrics;

    protected WebhookMetrics() { // for the proxy
        this(null, null);
    }

    @Inject
    WebhookMetrics(Database database, Metrics metrics) {
        this.database = database;
        this.metrics = metrics;
    }

    void begin(@Observes Startup startup) {
        for (var outcome : Outcome.values()) {
            metrics.count(Metric.WEBHOOK_DELIVERIES, 0, outcome.id());
        }
        metrics.show(Metric.WEBHOOK_OLDEST, this::oldest);
    }

    void attempted(Outcome outcome) {
        metrics.count(Metric.WEBHOOK_DELIVERIES, 1, outcome.id());
    }

    private double oldest() {
        return database.everybody().one(OLDEST, row -> row.getDouble("age")).orElse(0.0);
    }
}
