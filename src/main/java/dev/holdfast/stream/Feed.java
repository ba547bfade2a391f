package dev.holdfast.stream;

import static dev.holdfast.platform.database.Database.column;
import static java.util.stream.Collectors.groupingBy;

import dev.holdfast.event.Place;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.stream.Section.Entry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What live streams, and webhooks, read of the events' table: a section at a time, for all streams that are at the same place. */
@ApplicationScoped
public class Feed {
    private static final int MOST_EVENTS = 200;
    private static final int MOST_BYTES = 256 * 1024;

    // Not more than a client's queue shall hold, but at least one event, however large.
    private static final String BOUNDED = """
            (select p.*, sum(bytes) over running - bytes as before, count(*) over () as found
             from (select e.*, coalesce(octet_length(cast(e.data as text)), 0) as bytes from events e
                   where e.tenant_id = ? and %s order by %s limit %d) p
             window running as (order by %2$s rows unbounded preceding)) e""";

    private static final String OF_RUNS = """
            select %s, w.after, e.found, null as lane, true as settled
            from unnest(?, ?) as w (run_id, after) cross join lateral %s
            where e.before < %d
            order by w.run_id, w.after, e.seq""".formatted(
                    TenantTimeline.COLUMNS,
                    BOUNDED.formatted("e.run_id = w.run_id and e.seq > w.after", "seq", MOST_EVENTS),
                    MOST_BYTES);

    private static final String OF_TENANT = """
            select %s, e.found, e.transaction < transactions_ended_below() as settled,
                   case when e.run_id = e.tenant_id then e.data ->> 'lane' else r.lane end as lane
            from %s
            left join runs r on r.id = e.run_id and r.tenant_id = e.tenant_id
            where e.before < %d
            order by e.transaction, e.run_id, e.seq""".formatted(
            TenantTimeline.COLUMNS,
            BOUNDED.formatted("(e.transaction, e.run_id, e.seq) > (?, ?, ?)", "transaction, run_id, seq", MOST_EVENTS),
            MOST_BYTES);

    private static final String END = "select transactions_ended_below() - 1 as transaction";

    private static final String NEWS = """
            select w.n from unnest(?, ?, ?, ?, ?) with ordinality as w (tenant_id, run_id, transaction, timeline, number, n)
            where case when w.run_id is null
                  then exists (select from events e where e.tenant_id = w.tenant_id
                               and (e.transaction, e.run_id, e.seq) > (w.transaction, w.timeline, w.number))
                  else exists (select from runs r where r.id = w.run_id and r.tenant_id = w.tenant_id
                               and r.event_count > w.number) end""";

    private final Database database;

    protected Feed() { // for the proxy
        this(null);
    }

    @Inject
    Feed(Database database) {
        this.database = database;
    }

    /** Who waits where. */
    record Waiting(Subject subject, Place place) {}

    private record Row(Entry entry, long after, long found, boolean settled) {}

    /** Behind all of the tenant's events that are to be shown now. */
    Place end(UUID tenant) {
        return database.of(tenant)
                .one(END, row -> Place.after(row.getLong("transaction")))
                .orElseThrow();
    }

    /** The sections of runs of a tenant, by the place after which they begin. */
    Map<Place, Section> ofRuns(UUID tenant, Set<Place> places) {
        var wanted = List.copyOf(places);
        var rows = database
                .of(tenant)
                .query(
                        OF_RUNS,
                        row -> toRow(row, row.getLong("after"), false),
                        Array.ids(column(wanted, Place::timeline)),
                        Array.numbers(column(wanted, Place::number)),
                        tenant)
                .stream()
                .collect(groupingBy(row -> new Place(0, row.entry().place().timeline(), row.after())));
        var sections = new HashMap<Place, Section>();
        wanted.forEach(place -> sections.put(place, section(place, rows.getOrDefault(place, List.of()))));
        return sections;
    }

    /** The next section of all events of a tenant. */
    public Section ofTenant(UUID tenant, Place place) {
        return section(
                place,
                database.of(tenant)
                        .query(
                                OF_TENANT,
                                row -> toRow(row, 0, true),
                                tenant,
                                place.transaction(),
                                place.timeline(),
                                place.number()));
    }

    /** Those of whom there is more to read. */
    Set<Waiting> news(List<Waiting> waiting) {
        var found = new HashSet<Waiting>();
        database.everybody()
                .query(
                        NEWS,
                        row -> found.add(waiting.get(row.getInt("n") - 1)),
                        Array.ids(column(waiting, one -> one.subject().tenant())),
                        Array.ids(column(waiting, one -> one.subject().run())),
                        Array.numbers(column(waiting, one -> one.place().transaction())),
                        Array.ids(column(waiting, one -> one.place().timeline())),
                        Array.numbers(column(waiting, one -> one.place().number())));
        return found;
    }

    private static Section section(Place from, List<Row> rows) {
        var entries = rows.stream().takeWhile(Row::settled).map(Row::entry).toList();
        boolean held = entries.size() < rows.size();
        boolean cut = !rows.isEmpty()
                && (rows.get(0).found() == MOST_EVENTS || rows.get(0).found() > rows.size());
        var reached = entries.isEmpty() ? from : entries.get(entries.size() - 1).place();
        return new Section(entries, reached, cut && !held, held);
    }

    private static Row toRow(ResultSet row, long after, boolean ofTenant) throws SQLException {
        var event = TenantTimeline.toEvent(row);
        var place = ofTenant
                ? event.place()
                : new Place(0, event.timeline(), event.place().number());
        var frame = ofTenant
                ? Frames.event(place.cursor(), event)
                : Frames.event(event.event().id(), event.event());
        var entry = new Entry(place, event.event(), row.getString("lane"), frame);
        return new Row(entry, after, row.getLong("found"), row.getBoolean("settled"));
    }
}
