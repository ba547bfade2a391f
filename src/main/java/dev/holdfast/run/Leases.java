package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Closes leases for people's moves, within their transactions; the machines' statements close them themselves. */
@ApplicationScoped
class Leases {
    private static final String CLOSE = """
            delete from leases where run_id = ? and tenant_id = ? and fence = ?
            returning last_heartbeat_at, progress, checkpoint""";

    // Columns that the entity does not have, so that nothing in the persistence context grows stale.
    private static final String KEEP = """
            update runs set last_heartbeat_at = ?, progress = coalesce(cast(? as json), progress),
                            checkpoint = coalesce(cast(? as json), checkpoint)
            where id = ? and tenant_id = ?
            returning id""";

    private final Database database;

    protected Leases() { // for the proxy
        this(null);
    }

    @Inject
    Leases(Database database) {
        this.database = database;
    }

    /** What a lease knew last. */
    record LastWords(Instant heartbeatAt, String progress, String checkpoint) {}

    /** Ends the claim and its run key. Called before the entity is flushed: lease before run, as everywhere. */
    Optional<LastWords> close(UUID tenant, UUID run, long fence) {
        return database.of(tenant)
                .one(
                        CLOSE,
                        row -> new LastWords(
                                instant(row, "last_heartbeat_at"),
                                row.getString("progress"),
                                row.getString("checkpoint")),
                        run,
                        tenant,
                        fence);
    }

    /** Keeps on the run what its lease knew; called after the flush. */
    void keep(UUID tenant, UUID run, LastWords words) {
        database.of(tenant)
                .one(KEEP, row -> true, words.heartbeatAt(), words.progress(), words.checkpoint(), run, tenant);
    }
}
