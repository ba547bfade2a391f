package dev.holdfast.event;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/**
 * All events of a tenant, those of its runs and its own: what people, keys and JMX do beside the runs.
 *
 * <p>They stand in the order of their transactions' numbers, and are shown once every transaction of a lower number has
 * ended: nothing ever comes to stand before what has been shown. Numbers are given when a transaction first writes, so
 * that of two that meet at a run the one that goes second may have the lower number: within a run the events' own
 * numbers say what came first.
 */
@ApplicationScoped
public class TenantTimeline {
    /** The tail of a deed told by {@code numbered}, which has the tenant's new {@code event_count}. Takes the rest of a {@link Deed}. */
    public static final String RECORD = """
            recorded as (
                insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence, data, correlation_id,
                                    transaction)
                select id, id, event_count, ?, ?, ?, 0, data, ?, event_transaction from numbered)""";

    /** The same of {@code told}, which has each {@code tenant_id} once, with {@code data}. */
    public static final String NUMBER_AND_RECORD = """
            numbered as (
                update tenants t set event_count = t.event_count + 1 from told where t.id = told.tenant_id
                returning t.id, t.event_count, t.event_transaction, told.data
            ),\s""" + RECORD;

    private static final String TELL = "with told as (select cast(? as uuid) as tenant_id, cast(? as json) as data), "
            + NUMBER_AND_RECORD + " select true from numbered";

    /** Of an event {@code e}: all that {@link #toEvent} maps. */
    public static final String COLUMNS = """
            e.tenant_id, e.run_id, e.seq, e.type, e.at, e.actor_kind, e.actor_id, e.from_state, e.to_state, e.fence, e.reason,
            e.data, e.correlation_id, e.transaction""";

    // The place is compared as a row, whose first member the index serves. The tenant's own events tell of a lane by
    // name.
    private static final String PAGE = "select " + COLUMNS + """

            from events e
            where e.tenant_id = ? and e.transaction < transactions_ended_below()
              and (e.transaction, e.run_id, e.seq) %1$s (?, ?, ?)
              and (cast(? as text) is null or e.type = ?)
              and (cast(? as text) is null or case when e.run_id = e.tenant_id then e.data ->> 'lane' = ?
                   else exists (select from runs r where r.id = e.run_id and r.tenant_id = e.tenant_id and r.lane = ?) end)
              %3$s
            order by e.transaction %2$s, e.run_id %2$s, e.seq %2$s limit ?""";

    private static final String REAPED = "reaped";

    /** Rare, and asked for by the console's first page: its index serves a statement only if that names the type. */
    private static final String NAMED = "and e.type = '" + REAPED + "'";

    private final Database database;

    protected TenantTimeline() { // for the proxy
        this(null);
    }

    @Inject
    TenantTimeline(Database database) {
        this.database = database;
    }

    /** Which events. @param lane null for all @param type null for all */
    public record Filter(String lane, String type) {}

    /**
     * The tail of a statement that does something for one tenant: whoever did it, a row of {@code done} makes it an event
     * with the last five arguments, see {@link Deed#after}; without a row there is nothing to tell.
     */
    public static String tell(String done) {
        return "told as (select tenant_id, cast(? as json) as data from " + done + "), " + NUMBER_AND_RECORD;
    }

    /** Tells of what no single statement does. */
    public void tell(UUID tenant, Deed deed) {
        database.of(tenant).one(TELL, row -> true, deed.after(tenant));
    }

    /** Those after a place, the first of them first. */
    public List<TenantEvent> after(UUID tenant, Place place, Filter filter, int limit) {
        return page(">", "asc", tenant, place, filter, limit);
    }

    /** Those before a place, the last of them first. */
    public List<TenantEvent> before(UUID tenant, Place place, Filter filter, int limit) {
        return page("<", "desc", tenant, place, filter, limit);
    }

    private List<TenantEvent> page(String compared, String order, UUID tenant, Place place, Filter filter, int limit) {
        return database.of(tenant)
                .query(
                        PAGE.formatted(compared, order, REAPED.equals(filter.type()) ? NAMED : ""),
                        TenantTimeline::toEvent,
                        tenant,
                        place.transaction(),
                        place.timeline(),
                        place.number(),
                        filter.type(),
                        filter.type(),
                        filter.lane(),
                        filter.lane(),
                        filter.lane(),
                        limit);
    }

    /** Maps a row that has all {@link #COLUMNS}. */
    public static TenantEvent toEvent(ResultSet row) throws SQLException {
        var event = Timeline.toEvent(row);
        var place = new Place(row.getLong("transaction"), event.runId(), row.getInt("seq"));
        var own = event.runId().equals(row.getObject("tenant_id", UUID.class));
        return new TenantEvent(own ? event.withoutRun() : event, place.transaction(), place);
    }
}
