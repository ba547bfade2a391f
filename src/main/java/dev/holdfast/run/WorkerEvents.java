package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;

import dev.holdfast.event.Event;
import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;

/** Lets an owner write into its run's timeline. */
@ApplicationScoped
class WorkerEvents {
    // The version stays: a talkative worker must not spoil a person's If-Match.
    private static final String APPEND = """
            with said as (
                select * from unnest(?, cast(? as json[])) with ordinality as s (type, data, place)
            ), numbered as (
                update runs r set event_count = r.event_count + cast(? as integer)
                where r.id = ? and r.tenant_id = ? and r.fence = ? and r.state in ('claimed', 'running')
                returning r.tenant_id, r.id, r.event_count, r.fence, r.worker_id
            )
            insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, fence, data, correlation_id)
            select n.tenant_id, n.id, n.event_count - (select count(*) from said) + s.place, s.type, 'worker',
                   n.worker_id, n.fence, s.data, ?
            from numbered n cross join said s
            returning *""";

    private final Database database;
    private final Herald herald;

    protected WorkerEvents() { // for the proxy
        this(null, null);
    }

    @Inject
    WorkerEvents(Database database, Herald herald) {
        this.database = database;
        this.herald = herald;
    }

    /** @param data JSON or null */
    record Said(String type, String data) {}

    /** @return the events in order; none if the fence is not the present owner's */
    List<Event> append(UUID tenant, UUID run, long fence, List<Said> said, String correlationId) {
        var events = database.of(tenant)
                .query(
                        APPEND,
                        Timeline::toEvent,
                        Array.texts(column(said, Said::type)),
                        Array.texts(column(said, Said::data)),
                        said.size(),
                        run,
                        tenant,
                        fence,
                        correlationId);
        herald.wrote(tenant, events.isEmpty() ? List.of() : List.of(run));
        return events;
    }
}
