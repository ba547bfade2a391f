package dev.holdfast.webhook;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Event;
import dev.holdfast.platform.database.Database;
import dev.holdfast.webhook.Attempt.Outcome;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** The log of what was tried. */
@ApplicationScoped
class Deliveries {
    private static final Duration KEPT = Duration.ofDays(3);
    private static final int BATCH = 1_000;

    private static final String PAGE = """
            select * from webhook_deliveries
            where tenant_id = ? and webhook_id = ? and (cast(? as uuid) is null or id < ?)
              and (cast(? as text) is null or outcome = ?)
            order by id desc limit ?""";

    private static final String FORGET = """
            with old as (
                select tenant_id, webhook_id, id from webhook_deliveries
                where at < statement_timestamp() - cast(? as interval)
                order by at limit ? for update skip locked)
            delete from webhook_deliveries d using old o
            where d.tenant_id = o.tenant_id and d.webhook_id = o.webhook_id and d.id = o.id
            returning d.id""";

    private final Database database;

    protected Deliveries() { // for the proxy
        this(null);
    }

    @Inject
    Deliveries(Database database) {
        this.database = database;
    }

    /** Newest first. @param outcome null for all */
    List<Delivery> page(UUID tenant, UUID webhook, Outcome outcome, UUID before, int limit) {
        var wanted = outcome == null ? null : outcome.id();
        return database.of(tenant)
                .query(PAGE, Deliveries::toDelivery, tenant, webhook, before, before, wanted, wanted, limit);
    }

    /** Removes some of what is old. @return whether there may be more */
    boolean forgetSome() {
        return database.everybody().query(FORGET, row -> true, KEPT, BATCH).size() == BATCH;
    }

    private static Delivery toDelivery(ResultSet row) throws SQLException {
        var timeline = row.getObject("run_id", UUID.class);
        var event = Event.id(row.getInt("seq"));
        return new Delivery(
                row.getObject("id", UUID.class),
                timeline.equals(row.getObject("tenant_id", UUID.class)) ? null : timeline,
                event,
                timeline + "-" + event,
                row.getString("type"),
                row.getInt("attempt"),
                row.getBoolean("replay"),
                Outcome.of(row.getString("outcome")),
                row.getObject("status", Integer.class),
                row.getInt("millis"),
                row.getString("error"),
                instant(row, "at"));
    }
}
