package dev.holdfast.webhook;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Author;
import dev.holdfast.event.Place;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The webhooks' table, as people see and change it. What delivers moves them on: {@link Queues}. */
@ApplicationScoped
class Webhooks {
    static final String COLUMNS = """
            tenant_id, id, url, description, events, lanes, case when former_until > statement_timestamp() then former_until end as former_until,
            created_at, disabled_at, disabled_because, transaction, timeline, number, attempts, failing_since, last_error, due_at""";

    private static final String LOCK = "select id from tenants where id = ? for no key update";

    private static final String COUNT = "select count(*) from webhooks where tenant_id = ?";

    // Behind all that has ended; of what has not, only that counts which happens after.
    private static final String ADD = """
            with added as (
                insert into webhooks (tenant_id, id, url, description, events, lanes, secret, transaction, timeline, number)
                values (?, ?, ?, ?, ?, ?, ?, transactions_ended_below() - 1, ?, ?)
                returning *
            ), %s
            select %s from added""".formatted(TenantTimeline.tell("added"), COLUMNS);

    private static final String BY_ID = "select " + COLUMNS + " from webhooks where tenant_id = ? and id = ?";

    private static final String PAGE = "select " + COLUMNS
            + " from webhooks where tenant_id = ? and (cast(? as uuid) is null or id < ?) order by id desc limit ?";

    private static final String CHANGE = "with changed as (\n    %s\n    returning *\n), "
            + TenantTimeline.tell("changed") + "\nselect " + COLUMNS + " from changed";

    private static final String DELETE = CHANGE.formatted("delete from webhooks where tenant_id = ? and id = ?");

    // Whoever delivers to it now, by what was true before, is no longer its holder.
    private static final String DISABLE = CHANGE.formatted("""
            update webhooks set disabled_at = statement_timestamp(), disabled_because = 'operator', holder = null
            where tenant_id = ? and id = ? and disabled_at is null""");

    private static final String ENABLE = CHANGE.formatted("""
            update webhooks
            set disabled_at = null, disabled_because = null, attempts = 0, failing_since = null, due_at = statement_timestamp()
            where tenant_id = ? and id = ? and disabled_at is not null""");

    private static final String ROTATE = CHANGE.formatted("""
            update webhooks
            set former_secret = secret, former_until = statement_timestamp() + cast(? as interval), secret = cast(? as bytea),
                holder = null, due_at = statement_timestamp()
            where tenant_id = ? and id = ?""");

    private static final String PUT_BACK = CHANGE.formatted("""
            update webhooks
            set transaction = least(?, transactions_ended_below() - 1), timeline = ?, number = ?, attempts = 0,
                failing_since = null, holder = null, due_at = statement_timestamp()
            where tenant_id = ? and id = ?""");

    private static final String REPLAY = """
            with changed as (
                insert into webhook_replays (tenant_id, webhook_id, run_id, seq)
                select d.tenant_id, d.webhook_id, d.run_id, d.seq from webhook_deliveries d
                join webhooks w on w.tenant_id = d.tenant_id and w.id = d.webhook_id
                where d.tenant_id = ? and d.webhook_id = ? and d.id = ?
                on conflict (tenant_id, webhook_id, run_id, seq) do update set wanted_at = statement_timestamp()
                returning *
            ), %s
            select true from changed""".formatted(TenantTimeline.tell("changed"));

    private final Database database;

    protected Webhooks() { // for the proxy
        this(null);
    }

    @Inject
    Webhooks(Database database) {
        this.database = database;
    }

    /** How many there are; until the caller's transaction ends nobody adds another. */
    long countLocked(UUID tenant) {
        database.of(tenant).one(LOCK, row -> true, tenant);
        return database.of(tenant).one(COUNT, row -> row.getLong(1), tenant).orElseThrow();
    }

    Webhook add(UUID tenant, UUID id, Wanted wanted, Secret secret, Author author) {
        var begin = Place.after(0);
        return database.of(tenant)
                .one(
                        ADD,
                        Webhooks::toWebhook,
                        author.did("webhook_created", Map.of("webhookId", id, "events", wanted.events()))
                                .after(
                                        tenant,
                                        id,
                                        wanted.url(),
                                        wanted.description(),
                                        Array.texts(wanted.events()),
                                        wanted.lanes() == null ? null : Array.texts(wanted.lanes()),
                                        secret.key(),
                                        begin.timeline(),
                                        begin.number()))
                .orElseThrow();
    }

    Optional<Webhook> find(UUID tenant, UUID id) {
        return database.of(tenant).one(BY_ID, Webhooks::toWebhook, tenant, id);
    }

    /** A page of the tenant's webhooks, newest first. */
    List<Webhook> page(UUID tenant, UUID before, int limit) {
        return database.of(tenant).query(PAGE, Webhooks::toWebhook, tenant, before, before, limit);
    }

    /** What was tried is kept as long as of others. */
    Optional<Webhook> delete(UUID tenant, UUID id, Author author) {
        return change(DELETE, tenant, author, "webhook_deleted", Map.of("webhookId", id), tenant, id);
    }

    /** Empty if it is disabled already, or unknown. */
    Optional<Webhook> disable(UUID tenant, UUID id, Author author) {
        var why = Map.of("webhookId", id, "because", "operator");
        return change(DISABLE, tenant, author, "webhook_disabled", why, tenant, id);
    }

    /** It goes on where it ended. Empty if it is enabled already, or unknown. */
    Optional<Webhook> enable(UUID tenant, UUID id, Author author) {
        return change(ENABLE, tenant, author, "webhook_enabled", Map.of("webhookId", id), tenant, id);
    }

    /** @param grace for which the former secret signs too */
    Optional<Webhook> rotate(UUID tenant, UUID id, Secret secret, Duration grace, Author author) {
        var told = Map.of("webhookId", id);
        return change(ROTATE, tenant, author, "webhook_secret_rotated", told, grace, secret.key(), tenant, id);
    }

    /** Goes back, or ahead, to what comes after a transaction; ahead to the present at the most. */
    Optional<Webhook> putBack(UUID tenant, UUID id, long transaction, Author author) {
        var place = Place.after(transaction);
        var told = Map.of("webhookId", id, "after", transaction);
        return change(
                PUT_BACK,
                tenant,
                author,
                "webhook_replayed",
                told,
                transaction,
                place.timeline(),
                place.number(),
                tenant,
                id);
    }

    /** Wants the event of a delivery delivered once more. @return whether there is such a delivery */
    boolean replay(UUID tenant, UUID id, UUID delivery, Author author) {
        var deed = author.did("webhook_replayed", Map.of("webhookId", id, "deliveryId", delivery));
        return database.of(tenant)
                .one(REPLAY, row -> true, deed.after(tenant, id, delivery))
                .isPresent();
    }

    private Optional<Webhook> change(
            String sql, UUID tenant, Author author, String type, Map<String, ?> told, Object... arguments) {
        return database.of(tenant)
                .one(sql, Webhooks::toWebhook, author.did(type, told).after(arguments));
    }

    static Webhook toWebhook(ResultSet row) throws SQLException {
        int attempts = row.getInt("attempts");
        boolean enabled = row.getObject("disabled_at") == null;
        return new Webhook(
                row.getObject("tenant_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getString("url"),
                row.getString("description"),
                texts(row, "events"),
                texts(row, "lanes"),
                null,
                instant(row, "former_until"),
                enabled,
                instant(row, "created_at"),
                instant(row, "disabled_at"),
                row.getString("disabled_because"),
                attempts,
                instant(row, "failing_since"),
                attempts > 0 && enabled ? instant(row, "due_at") : null,
                row.getString("last_error"),
                new Place(row.getLong("transaction"), row.getObject("timeline", UUID.class), row.getLong("number")));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        var array = row.getArray(column);
        return array == null ? null : List.of((String[]) array.getArray());
    }
}
