package dev.holdfast.webhook;

import static dev.holdfast.platform.database.Database.instant;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Place;
import dev.holdfast.event.TenantEvent;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The webhooks' table, as it is delivered from. A webhook is held by one courier at a time, until a time by the database's
 * clock, and every write of its courier repeats that: who was too slow, or dead, finds that it is another's.
 */
@ApplicationScoped
class Queues {
    /** Longer than one attempt, the look for its address included. */
    private static final String HELD = "interval 'PT60S'";

    private static final Duration SLOW = Duration.ofSeconds(1);

    private static final String OF_EVENTS = "select distinct tenant_id from webhooks where disabled_at is null";

    // What is behind is due: there are events after its place, of whatever kind, or some are to be replayed. Fair: each
    // tenant's first comes before any tenant's second, and those that were slow share places of their own.
    private static final String TAKE = """
            with due as (
                select w.tenant_id, w.id, w.slow, w.due_at,
                       row_number() over (partition by w.tenant_id order by w.due_at)
                           + (select count(*) from unnest(cast(? as uuid[])) b where b = w.tenant_id) as turn
                from webhooks w
                where w.disabled_at is null and w.due_at <= statement_timestamp()
                  and (cast(? as uuid[]) is null or w.tenant_id = any (cast(? as uuid[])))
                  and exists (select from tenants t where t.id = w.tenant_id and t.disabled_at is null)
                  and (exists (select from webhook_replays r where r.tenant_id = w.tenant_id and r.webhook_id = w.id)
                       or exists (select from events e where e.tenant_id = w.tenant_id
                                  and (e.transaction, e.run_id, e.seq) > (w.transaction, w.timeline, w.number)
                                  and e.transaction < transactions_ended_below()))
            ), fair as (
                select *, row_number() over (partition by slow order by turn, due_at) as place from due where turn <= ?
            ), mine as (
                select w.tenant_id, w.id from webhooks w join fair f on f.tenant_id = w.tenant_id and f.id = w.id
                where w.disabled_at is null and w.due_at <= statement_timestamp() and (not f.slow or f.place <= ?)
                order by f.turn, f.due_at
                limit ?
                for no key update of w skip locked
            )
            update webhooks w set holder = gen_random_uuid(), due_at = statement_timestamp() + %s
            from mine where w.tenant_id = mine.tenant_id and w.id = mine.id
            returning w.*, statement_timestamp() as now,
                      exists (select from webhook_replays r where r.tenant_id = w.tenant_id and r.webhook_id = w.id) as replays""".formatted(HELD);

    private static final String OF_HOLDER = " where tenant_id = ? and id = ? and holder = ? and disabled_at is null";

    private static final String LOG = """
            insert into webhook_deliveries (attempt, tenant_id, webhook_id, id, run_id, seq, type, replay, outcome, status,
                                            millis, error)
            select %s, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? from %s""";

    private static final String DELIVERED =
            """
            with moved as (
                update webhooks
                set transaction = ?, timeline = ?, number = ?, attempts = 0, failing_since = null, last_error = null, slow = ?,
                    due_at = statement_timestamp() + %s
                %s
                returning *
            ), last as (
                select attempts from webhooks %2$s
            )
            %s
            returning id""".formatted(HELD, OF_HOLDER, LOG.formatted("(select attempts + 1 from last)", "moved"));

    private static final String FAILED =
            """
            with failed as (
                update webhooks
                set transaction = ?, timeline = ?, number = ?, attempts = attempts + 1,
                    failing_since = coalesce(failing_since, statement_timestamp()), last_error = ?, slow = true, holder = null,
                    due_at = statement_timestamp() + cast(? as interval),
                    disabled_at = case when f.because is not null then statement_timestamp() end, disabled_because = f.because
                from (select case when cast(? as boolean) then 'gone'
                                  when failing_since <= statement_timestamp() - cast(? as interval) then 'failing' end as because
                      from webhooks %1$s) f
                %1$s
                returning *
            ), logged as (
                %2$s
            ), told as (
                select tenant_id, json_build_object('webhookId', id, 'because', disabled_because, 'attempts', attempts) as data
                from failed where disabled_because is not null
            ), %3$s
            select disabled_because, attempts from failed""".formatted(OF_HOLDER, LOG.formatted("attempts", "failed"), TenantTimeline.NUMBER_AND_RECORD);

    private static final String RELEASE =
            "update webhooks set transaction = ?, timeline = ?, number = ?, holder = null, due_at = statement_timestamp()"
                    + OF_HOLDER + " returning id";

    private static final String REPLAYS = """
            with forgotten as (
                delete from webhook_replays r where tenant_id = ? and webhook_id = ?
                and not exists (select from events e where e.tenant_id = r.tenant_id and e.run_id = r.run_id and e.seq = r.seq))
            select %s from webhook_replays p
            join events e on e.tenant_id = p.tenant_id and e.run_id = p.run_id and e.seq = p.seq
            where p.tenant_id = ? and p.webhook_id = ?
            order by p.wanted_at limit ?""".formatted(TenantTimeline.COLUMNS);

    private static final String REPLAYED = """
            with held as (
                update webhooks set due_at = statement_timestamp() + %s %s returning tenant_id, id
            ), done as (
                delete from webhook_replays r using held h
                where r.tenant_id = h.tenant_id and r.webhook_id = h.id and r.run_id = ? and r.seq = ?
                returning r.tenant_id
            )
            %s
            returning id""".formatted(HELD, OF_HOLDER, LOG.formatted("1", "done"));

    private final Database database;

    protected Queues() { // for the proxy
        this(null);
    }

    @Inject
    Queues(Database database) {
        this.database = database;
    }

    /** The tenants that have webhooks to deliver to. */
    Set<UUID> tenants() {
        return new HashSet<>(database.everybody().query(OF_EVENTS, row -> row.getObject(1, UUID.class)));
    }

    /**
     * Takes some that are behind, for this node.
     *
     * @param busy tenants of those that it holds, each as often as it has some
     * @param among those of these tenants; null for all
     * @param most so many at the most, of these so many slow ones, and of each tenant so many with those that it holds
     */
    List<Queue> take(List<UUID> busy, Collection<UUID> among, int ofTenant, int slow, int most) {
        var tenants = among == null ? null : Array.ids(List.copyOf(among));
        return database.everybody()
                .query(TAKE, Queues::toQueue, Array.ids(busy), tenants, tenants, ofTenant, slow, most);
    }

    /** @return false if another holds the webhook, or it shall not be delivered to any more */
    boolean delivered(Queue queue, TenantEvent event, Attempt attempt) {
        var place = event.place();
        return database.of(queue.tenant())
                .one(
                        DELIVERED,
                        row -> true,
                        all(
                                place.transaction(),
                                place.timeline(),
                                place.number(),
                                attempt.took().compareTo(SLOW) > 0,
                                held(queue),
                                held(queue),
                                logged(queue, event, attempt, false)))
                .isPresent();
    }

    /** @param because it is disabled now; null if it is not */
    record Failed(int attempts, String because) {}

    /** Lets go of the webhook. @param before the place that was reached @return empty if another holds it */
    Optional<Failed> failed(Queue queue, Place before, TenantEvent event, Attempt attempt, Duration wait, String node) {
        return database.of(queue.tenant())
                .one(
                        FAILED,
                        row -> new Failed(row.getInt("attempts"), row.getString("disabled_because")),
                        all(
                                before.transaction(),
                                before.timeline(),
                                before.number(),
                                attempt.error(),
                                wait,
                                attempt.outcome() == Attempt.Outcome.GONE,
                                Backoff.PATIENCE,
                                held(queue),
                                held(queue),
                                logged(queue, event, attempt, false),
                                "webhook_disabled",
                                "system",
                                node,
                                null));
    }

    /** Lets go of the webhook at the place that was reached. */
    void release(Queue queue, Place reached) {
        database.of(queue.tenant())
                .one(
                        RELEASE,
                        row -> true,
                        all(reached.transaction(), reached.timeline(), reached.number(), held(queue)));
    }

    /** What shall be delivered once more; what is no longer kept is forgotten. */
    List<TenantEvent> replays(Queue queue, int limit) {
        return database.of(queue.tenant())
                .query(REPLAYS, TenantTimeline::toEvent, queue.tenant(), queue.id(), queue.tenant(), queue.id(), limit);
    }

    /** However it ended: nobody waits for it. @return false if another holds the webhook */
    boolean replayed(Queue queue, TenantEvent event, Attempt attempt) {
        var place = event.place();
        return database.of(queue.tenant())
                .one(
                        REPLAYED,
                        row -> true,
                        all(held(queue), place.timeline(), place.number(), logged(queue, event, attempt, true)))
                .isPresent();
    }

    private static Object[] held(Queue queue) {
        return new Object[] {queue.tenant(), queue.id(), queue.holder()};
    }

    private static Object[] logged(Queue queue, TenantEvent event, Attempt attempt, boolean replay) {
        return new Object[] {
            queue.tenant(),
            queue.id(),
            UuidCreator.getTimeOrderedEpoch(),
            event.place().timeline(),
            event.place().number(),
            event.event().type(),
            replay,
            attempt.outcome().id(),
            attempt.status(),
            attempt.took().toMillis(),
            attempt.error()
        };
    }

    private static Object[] all(Object... arguments) {
        var flat = new ArrayList<Object>();
        for (var argument : arguments) {
            if (argument instanceof Object[] some) {
                flat.addAll(Arrays.asList(some));
            } else {
                flat.add(argument);
            }
        }
        return flat.toArray();
    }

    private static Queue toQueue(ResultSet row) throws SQLException {
        var webhook = Webhooks.toWebhook(row);
        var secrets = new ArrayList<Secret>();
        secrets.add(new Secret(row.getBytes("secret")));
        Instant now = instant(row, "now");
        var until = instant(row, "former_until");
        if (until != null && until.isAfter(now)) {
            secrets.add(new Secret(row.getBytes("former_secret")));
        }
        return new Queue(
                webhook,
                secrets,
                row.getObject("holder", UUID.class),
                row.getBoolean("replays"),
                row.getBoolean("slow"),
                now,
                System.nanoTime());
    }
}
