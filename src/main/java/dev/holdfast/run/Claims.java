package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.column;
import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Hands queued runs to workers: run, lease, run key and event in one statement. */
@ApplicationScoped
class Claims {
    /** Past its queue or total time limit a run is the reaper's to fail, no worker's to take. */
    private static final String IN_TIME = """
            coalesce(statement_timestamp() < r.available_at + coalesce(r.queue_timeout, p.queue_timeout), true)
            and coalesce(statement_timestamp() < r.submitted_at + coalesce(r.run_timeout, p.run_timeout), true)""";

    // One ordered walk of the index for each lane, merged: with "lane = any (…)" PostgreSQL would sort the whole queue.
    // The limit limits nothing; it lets the planner expect that few rows are wanted. Else it may sort them after all.
    private static final String CANDIDATES_OF_LANE = """
            (select q.id, q.priority, q.available_at from runs q
             where q.tenant_id = ? and q.lane = ? and q.state = 'queued' and q.available_at <= statement_timestamp()
               and (select not paused and (max_in_flight is null or cast(? as boolean) and name in (select name from giving))
                    from lanes where tenant_id = ? and name = ?)
             order by q.priority desc, q.available_at, q.id
             limit (select cast(null as bigint)))""";

    // Runs are joined to candidates by id. The bare guard would offer the planner the candidates' own index for it:
    // where its statistics are of an emptier queue, it would walk all of the queue for each candidate.
    private static final String STILL_QUEUED = "coalesce(" + Move.CLAIMED.guard("r") + ", false)";

    /**
     * A limited lane is counted, and counting needs its row's lock and a snapshot taken after it: unless it is told that
     * the lock is held, this statement claims nothing if such a lane seems to have a run to give, and says {@code limited}.
     *
     * <p>A lane that is seen full was full. Whoever asks it again and again waits for no lock and, but for runs with a
     * concurrency key, does not look at what is queued.
     *
     * <p>What has {@code offset 0} is asked for each candidate by itself: joined, it might cost the order in which they come,
     * and as plain conditions the planner would believe that hardly any of them fits. Either way it would sort the whole queue.
     *
     * <p>A key that was revoked while its claim waited gets nothing more.
     *
     * <p>Nothing that grows with what is claimed is joined but by an index, for PostgreSQL expects one run and compares each with
     * each: what the offers bring is taken by its place, and what is told of a lease is said of the run anew.
     *
     * <p>The limit holds for a lane's runs without concurrency key together, and for those of each key together.
     */
    private static final String CLAIM = """
            with policy as (
                select * from lanes where tenant_id = ? and name = any (?)
                  and exists (select from api_keys k join tenants t on t.id = k.tenant_id
                              where k.tenant_id = ? and k.id = ? and k.revoked_at is null and t.disabled_at is null
                                and coalesce(k.expires_at > statement_timestamp(), true))
            ), busy as (
                select l.lane, l.concurrency_key, count(*) as leases
                from policy p join leases l on l.tenant_id = p.tenant_id and l.lane = p.name
                where p.max_in_flight is not null
                group by l.lane, l.concurrency_key
            ), giving as (
                select p.name from policy p
                where p.max_in_flight is not null and not p.paused
                  and (p.max_in_flight > coalesce((select leases from busy where lane = p.name and concurrency_key is null), 0)
                       and (select true from runs q
                            where q.tenant_id = p.tenant_id and q.lane = p.name and q.state = 'queued'
                              and q.available_at <= statement_timestamp()
                            order by q.priority desc, q.available_at, q.id limit 1)
                       or (select true from runs q
                           where q.tenant_id = p.tenant_id and q.lane = p.name and q.state = 'queued'
                             and q.concurrency_key is not null and q.available_at <= statement_timestamp()
                             and not exists (select from busy b
                                             where b.lane = p.name and b.concurrency_key = q.concurrency_key
                                               and b.leases >= p.max_in_flight)
                           order by q.concurrency_key limit 1))
            ), locked as (
                select r.id, r.lane, r.concurrency_key, r.priority, r.available_at, p.max_in_flight - coalesce(b.leases, 0) as free
                from (%s) q
                join runs r on r.id = q.id and r.tenant_id = ?
                cross join lateral (select * from policy where name = r.lane offset 0) p
                cross join lateral (select (select leases from busy where lane = r.lane
                                              and concurrency_key is not distinct from r.concurrency_key) as leases offset 0) b
                cross join lateral (select %s and (p.max_in_flight is null or coalesce(b.leases, 0) < p.max_in_flight) as fits
                                    offset 0) f
                where %s and f.fits and (cast(? as boolean) or not exists (select from giving))
                order by q.priority desc, q.available_at, q.id
                limit ?
                for update of r skip locked
            ), fitting as (
                select *, row_number() over (order by priority desc, available_at, id) as place
                from (select *, row_number() over (partition by lane, concurrency_key
                                                   order by priority desc, available_at, id) as nth from locked) n
                where free is null or nth <= free
            ), moved as (
                update runs r
                set state = 'claimed', last_state = r.state, fence = r.fence + 1, attempt = r.attempt + 1,
                    worker_id = k.workers[f.place], claimed_at = statement_timestamp(), last_heartbeat_at = null, progress = null,
                    version = r.version + 1, event_count = r.event_count + 1
                from fitting f
                cross join (select cast(? as text[]) as workers, cast(? as bytea[]) as hashes, cast(? as text[]) as correlations) k
                where r.id = f.id and r.tenant_id = ? and %s
                returning r.*, f.place, k.hashes[f.place] as key_hash, k.correlations[f.place] as correlation_id, '%s' as move, 'worker' as actor_kind, r.worker_id as actor_id,
                    cast(null as text) as reason, cast(null as json) as data
            ), opened as (
                insert into leases (tenant_id, run_id, lane, concurrency_key, fence, worker_id, claimed_at,
                    last_heartbeat_at, claimed_with, key_hash, key_expires_at, key_dies_at)
                select tenant_id, id, lane, concurrency_key, fence, worker_id, claimed_at, claimed_at, cast(? as uuid),
                    key_hash, claimed_at + cast(? as interval), claimed_at + cast(? as interval)
                from moved
            ), recorded as (
                %s
            )
            select %s, r.place, extract(epoch from p.heartbeat_timeout) as heartbeat_seconds,
                   exists (select from giving) as limited, exists (select from policy) as heard
            from (values (1)) as always
            left join (moved r join policy p on p.name = r.lane
                       cross join lateral (select r.claimed_at, r.claimed_at as last_heartbeat_at, cast(null as json) as progress,
                                                  cast(null as json) as checkpoint) l) on true
            order by r.place""";

    // Compatible with what everybody else does to a lane's row, so that only claims of a limited lane wait for it.
    private static final String LOCK_LIMITED = """
            select name from lanes where tenant_id = ? and name = any (?) and max_in_flight is not null
            order by name for no key update""";

    /** By the number of lanes. */
    private static final Map<Integer, String> STATEMENTS = new ConcurrentHashMap<>();

    private final Database database;
    private final Herald herald;

    protected Claims() { // for the proxy
        this(null, null);
    }

    @Inject
    Claims(Database database, Herald herald) {
        this.database = database;
        this.herald = herald;
    }

    /** Who asks: with which key, for runs of which lanes. */
    public record Asker(UUID tenant, UUID key, List<String> lanes) {}

    /** What a claimed run is to get. */
    record Offer(String workerId, byte[] keyHash, String correlationId) {}

    /** A claimed run with what its owner needs. The place says which of the offers it got, from 0. */
    record Claimed(RunRow run, Instant leaseExpiresAt, Duration heartbeatTimeout, int place) {
        Claimed from(int first) {
            return new Claimed(run, leaseExpiresAt, heartbeatTimeout, place - first);
        }
    }

    /**
     * What a claim brought.
     *
     * @param limited nothing was claimed, for the lanes' limits must be counted under lock first
     * @param heard whether there is any such lane, and the caller may claim
     */
    public record Taken(List<Claimed> claims, boolean limited, boolean heard) {}

    /** Claims up to as many runs as there are offers. */
    public Taken claim(Asker asker, List<Offer> offers, Duration keyTtl, Duration keyMaxAge) {
        return claim(asker, offers, keyTtl, keyMaxAge, false);
    }

    /** The same from lanes of which one is limited: counts under the lanes' locks. */
    @Transactional
    Taken claimCounting(Asker asker, List<Offer> offers, Duration keyTtl, Duration keyMaxAge) {
        lockLimited(asker.tenant(), asker.lanes());
        return claim(asker, offers, keyTtl, keyMaxAge, true);
    }

    /** Holds the limited ones of these lanes until the transaction ends. */
    void lockLimited(UUID tenant, List<String> lanes) {
        database.of(tenant).query(LOCK_LIMITED, row -> row.getString(1), tenant, Array.texts(lanes));
    }

    private Taken claim(Asker asker, List<Offer> offers, Duration keyTtl, Duration keyMaxAge, boolean locked) {
        var tenant = asker.tenant();
        var lanes = asker.lanes();
        var arguments = new ArrayList<Object>(List.of(tenant, Array.texts(lanes), tenant, asker.key()));
        lanes.forEach(lane -> arguments.addAll(List.of(tenant, lane, locked, tenant, lane)));
        Collections.addAll(
                arguments,
                tenant,
                locked,
                offers.size(),
                Array.texts(column(offers, Offer::workerId)),
                Array.bytes(column(offers, Offer::keyHash)),
                Array.texts(column(offers, Offer::correlationId)),
                tenant,
                asker.key(),
                keyTtl,
                keyMaxAge);
        var limited = new boolean[1];
        var heard = new boolean[1];
        var claims = database
                .routinely(tenant, false)
                .query(
                        statement(lanes.size()),
                        row -> {
                            limited[0] = row.getBoolean("limited");
                            heard[0] = row.getBoolean("heard");
                            return row.getObject("id") == null ? null : toClaimed(row);
                        },
                        arguments.toArray())
                .stream()
                .filter(Objects::nonNull)
                .toList();
        herald.wrote(tenant, claims.stream().map(claimed -> claimed.run().id()).toList());
        return new Taken(claims, limited[0] && !locked, heard[0]);
    }

    static String statement(int lanes) {
        return STATEMENTS.computeIfAbsent(lanes, Claims::written);
    }

    private static String written(int lanes) {
        var candidates = String.join("\nunion all\n", Collections.nCopies(lanes, CANDIDATES_OF_LANE));
        return CLAIM.formatted(
                candidates,
                IN_TIME,
                STILL_QUEUED,
                STILL_QUEUED,
                Move.CLAIMED.eventType(),
                Timeline.RECORD_MOVED_OF_CALLS,
                RunRow.LEASED);
    }

    private static Claimed toClaimed(ResultSet row) throws SQLException {
        return new Claimed(
                RunRow.of(row),
                instant(row, "lease_expires_at"),
                Duration.ofMillis((long) (row.getDouble("heartbeat_seconds") * 1000)),
                row.getInt("place") - 1);
    }
}
