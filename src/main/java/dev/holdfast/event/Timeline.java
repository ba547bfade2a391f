package dev.holdfast.event;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** The events' table. A move's event is written by the move's own statement, or in its transaction: never after it. */
@ApplicationScoped
public class Timeline {
    /**
     * The tail of a machine's move: writes an event for each row of {@code moved}, which has the moved run's columns and
     * {@code move, actor_kind, actor_id, reason, data, key_hash}. Takes one argument, the correlation id. The number is
     * the run's new {@code event_count}: whoever writes an event holds the run's row, so numbers have no gaps and no rivals.
     */
    public static final String RECORD_MOVED = recordMoved("?");

    /** The same of moves that come from many calls: the correlation id is a column of {@code moved} too. */
    public static final String RECORD_MOVED_OF_CALLS = recordMoved("correlation_id");

    // The run's row is held by the person's flush before; the counter is the timeline's, no part of the entity.
    private static final String RECORD = """
            with numbered as (
                update runs set event_count = event_count + 1 where tenant_id = ? and id = ?
                returning tenant_id, id, event_count, event_transaction)
            insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, from_state, to_state, fence, reason,
                                data, correlation_id, key_hash, transaction)
            select tenant_id, id, event_count, ?, ?, ?, ?, ?, ?, ?, cast(? as json), ?, cast(? as bytea), event_transaction
            from numbered
            returning seq""";

    private static final String PAGE = """
            select run_id, seq, type, at, actor_kind, actor_id, from_state, to_state, fence, reason, data, correlation_id
            from events where tenant_id = ? and run_id = ? and seq > ?
            order by seq limit ?""";

    private static String recordMoved(String correlationId) {
        return """
            insert into events (tenant_id, run_id, seq, type, actor_kind, actor_id, from_state, to_state, fence, reason,
                                data, correlation_id, key_hash, transaction)
            select tenant_id, id, event_count, move, actor_kind, actor_id, last_state, state, fence, reason,
                   data, %s, key_hash, event_transaction
            from moved""".formatted(correlationId);
    }

    private final Database database;

    protected Timeline() { // for the proxy
        this(null);
    }

    @Inject
    Timeline(Database database) {
        this.database = database;
    }

    /** Writes the event of a person's move, in its transaction and after its flush. @param keyHash of the run key that it hands out, or null */
    public void record(
            UUID tenant,
            UUID run,
            String type,
            Actor actor,
            String from,
            String to,
            long fence,
            String reason,
            String data,
            String correlationId,
            byte[] keyHash) {
        database.of(tenant)
                .one(
                        RECORD,
                        row -> row.getInt(1),
                        tenant,
                        run,
                        type,
                        actor.kind().id(),
                        actor.id(),
                        from,
                        to,
                        fence,
                        reason,
                        data,
                        correlationId,
                        keyHash)
                .orElseThrow(() -> new IllegalStateException("the moved run is gone"));
    }

    /** The run's events after a number, in order. */
    public List<Event> after(UUID tenant, UUID run, int number, int limit) {
        return database.of(tenant).query(PAGE, Timeline::toEvent, tenant, run, number, limit);
    }

    /** Maps a row that has all columns of an event. */
    public static Event toEvent(ResultSet row) throws SQLException {
        return new Event(
                Event.id(row.getInt("seq")),
                row.getObject("run_id", UUID.class),
                row.getString("type"),
                instant(row, "at"),
                new Actor(Actor.Kind.of(row.getString("actor_kind")), row.getString("actor_id")),
                row.getString("from_state"),
                row.getString("to_state"),
                row.getLong("fence"),
                row.getString("reason"),
                row.getString("data"),
                row.getString("correlation_id"));
    }
}
