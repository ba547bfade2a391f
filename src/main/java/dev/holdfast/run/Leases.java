package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Closes and opens leases for people's moves, within their transactions; the machines' statements do it themselves. */
@ApplicationScoped
class Leases {
    private static final String CLOSE = """
            delete from leases where run_id = ? and tenant_id = ? and fence = ?
            returning last_heartbeat_at, progress, checkpoint, cast(null as json) as evidence""";

    // A heartbeat that is on its way is waited for, and then looked at: it may have brought the owner back to life.
    private static final String CLOSE_STALE = """
            delete from leases l using lanes p
            where l.run_id = ? and l.tenant_id = ? and l.fence = ? and p.tenant_id = l.tenant_id and p.name = l.lane and %s
            returning l.last_heartbeat_at, l.progress, l.checkpoint,
                json_build_object('rule', %s, 'workerId', l.worker_id, 'claimedAt', as_utc(l.claimed_at),
                    'lastHeartbeatAt', as_utc(l.last_heartbeat_at), 'staleAt', as_utc(%s)) as evidence""".formatted(Staleness.STALE, Staleness.RULE, Staleness.EXPIRES_AT);

    // Columns that the entity does not have, so that nothing in the persistence context grows stale.
    private static final String KEEP = """
            update runs set last_heartbeat_at = ?, progress = coalesce(cast(? as json), progress),
                            checkpoint = coalesce(cast(? as json), checkpoint)
            where id = ? and tenant_id = ?
            returning id""";

    private static final String OPEN = """
            with mine as (
                update runs set last_heartbeat_at = null, progress = null where id = ? and tenant_id = ?
                returning *
            ), opened as (
                insert into leases (tenant_id, run_id, lane, concurrency_key, fence, worker_id, claimed_at,
                    last_heartbeat_at, claimed_with, key_hash, key_expires_at, key_dies_at)
                select tenant_id, id, lane, concurrency_key, fence, worker_id, claimed_at,
                    claimed_at, cast(? as uuid), cast(? as bytea), claimed_at + cast(? as interval), claimed_at + cast(? as interval)
                from mine
                returning tenant_id, lane
            )
            select extract(epoch from p.heartbeat_timeout) as heartbeat_seconds
            from opened o join lanes p on p.tenant_id = o.tenant_id and p.name = o.lane""";

    private static final String ROOM = """
            select p.paused, p.max_in_flight,
                   (select count(*) from leases b where b.tenant_id = p.tenant_id and b.lane = p.name
                      and b.concurrency_key is not distinct from cast(? as text)) as busy
            from lanes p where p.tenant_id = ? and p.name = ?""";

    private final Database database;

    protected Leases() { // for the proxy
        this(null);
    }

    @Inject
    Leases(Database database) {
        this.database = database;
    }

    /** What a lease knew last. @param evidence why it was closed, as JSON; null if that needed no reason */
    record LastWords(Instant heartbeatAt, String progress, String checkpoint, String evidence) {
        static LastWords of(ResultSet row) throws SQLException {
            return new LastWords(
                    instant(row, "last_heartbeat_at"),
                    row.getString("progress"),
                    row.getString("checkpoint"),
                    row.getString("evidence"));
        }
    }

    /** What a lane has in flight, of a concurrency key or of runs that have none. @param limit null for none */
    record Room(boolean paused, long busy, Integer limit) {
        boolean isFull() {
            return limit != null && busy >= limit;
        }
    }

    /** Ends the claim and its run key. Called before the entity is flushed: lease before run, as everywhere. */
    Optional<LastWords> close(UUID tenant, UUID run, long fence) {
        return database.of(tenant).one(CLOSE, LastWords::of, run, tenant, fence);
    }

    /** The same, if the lane's policy says that the owner is dead. @return empty if it lives, or is no longer the owner */
    Optional<LastWords> closeStale(UUID tenant, UUID run, long fence) {
        return database.of(tenant).one(CLOSE_STALE, LastWords::of, run, tenant, fence);
    }

    /** Keeps on the run what its lease knew; called after the flush. */
    void keep(UUID tenant, UUID run, LastWords words) {
        database.of(tenant)
                .one(KEEP, row -> true, words.heartbeatAt(), words.progress(), words.checkpoint(), run, tenant);
    }

    /** Opens the lease of a run that has just been claimed; called after the flush. @return the lane's heartbeat timeout */
    Duration open(UUID tenant, UUID run, UUID claimedWith, byte[] keyHash, Duration keyTtl, Duration keyMaxAge) {
        return database.of(tenant)
                .one(
                        OPEN,
                        row -> Duration.ofMillis((long) (row.getDouble("heartbeat_seconds") * 1000)),
                        run,
                        tenant,
                        claimedWith,
                        keyHash,
                        keyTtl,
                        keyMaxAge)
                .orElseThrow();
    }

    /** Holds only as long as the lane's row is locked, see {@link Claims#lockLimited}. */
    Room room(UUID tenant, String lane, String concurrencyKey) {
        return database.of(tenant)
                .one(
                        ROOM,
                        row -> new Room(
                                row.getBoolean("paused"),
                                row.getLong("busy"),
                                row.getObject("max_in_flight", Integer.class)),
                        concurrencyKey,
                        tenant,
                        lane)
                .orElseThrow();
    }
}
