package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;

import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.run.WaitingRoom.Place;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** What lanes hold for those who wait: one question for all lanes of a node, whatever is queued in them. */
@ApplicationScoped
class Prospects {
    // The index of the queue has the priority before the time: so one step for each priority that there is.
    private static final String LOOK = """
            select w.tenant_id, w.lane, p.max_in_flight is not null as limited, coalesce(n.some, false) as some,
                   ceil(extract(epoch from n.next_at - statement_timestamp()) * 1000) as next_millis
            from unnest(cast(? as uuid[]), cast(? as text[])) w (tenant_id, lane)
            join lanes p on p.tenant_id = w.tenant_id and p.name = w.lane and not p.paused
            cross join lateral (
                with recursive step as (
                    (select q.priority from runs q where q.tenant_id = w.tenant_id and q.lane = w.lane and q.state = 'queued'
                     order by q.priority desc limit 1)
                    union all
                    select (select q.priority from runs q where q.tenant_id = w.tenant_id and q.lane = w.lane
                              and q.state = 'queued' and q.priority < s.priority order by q.priority desc limit 1)
                    from step s where s.priority is not null)
                select bool_or(exists (
                           select from runs q where q.tenant_id = w.tenant_id and q.lane = w.lane and q.state = 'queued'
                             and q.priority = s.priority and q.available_at <= statement_timestamp())) as some,
                       min((select q.available_at from runs q where q.tenant_id = w.tenant_id and q.lane = w.lane
                              and q.state = 'queued' and q.priority = s.priority and q.available_at > statement_timestamp()
                            order by q.available_at limit 1)) as next_at
                from step s where s.priority is not null) n""";

    private final Database database;

    protected Prospects() { // for the proxy
        this(null);
    }

    @Inject
    Prospects(Database database) {
        this.database = database;
    }

    /**
     * @param limited whether the lane limits what is in flight
     * @param some whether a run could be claimed now, if the lane's limits allow it
     * @param next when the first of the others can be, from now; null if there is none
     */
    record Prospect(Place place, boolean limited, boolean some, Duration next) {}

    /** Of those of the lanes that are there and not paused. */
    List<Prospect> of(List<Place> places) {
        return database.everybody()
                .query(
                        LOOK,
                        Prospects::toProspect,
                        Array.ids(column(places, Place::tenant)),
                        Array.texts(column(places, Place::lane)));
    }

    private static Prospect toProspect(ResultSet row) throws SQLException {
        var millis = row.getBigDecimal("next_millis");
        return new Prospect(
                new Place(row.getObject("tenant_id", UUID.class), row.getString("lane")),
                row.getBoolean("limited"),
                row.getBoolean("some"),
                millis == null ? null : Duration.ofMillis(millis.longValue()));
    }
}
