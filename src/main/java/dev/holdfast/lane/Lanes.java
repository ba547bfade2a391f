package dev.holdfast.lane;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.Author;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.lane.LanePolicy.Backoff;
import dev.holdfast.lane.LanePolicy.Heartbeat;
import dev.holdfast.lane.LanePolicy.OnLost;
import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The lanes' table. A policy is replaced as a whole, by compare-and-swap on its version. */
@ApplicationScoped
public class Lanes {
    private static final String SECONDS = """
            extract(epoch from p.%1$s) as %1$s""";

    private static final String SELECT = """
            select p.name, p.heartbeat, %s, %s, %s, %s, %s, p.on_lost, p.max_attempts, p.max_lost, %s, p.backoff_factor, %s,
                   p.max_in_flight, p.paused, %s, p.created_at, p.version,
                   case when p.held_until > statement_timestamp() then p.held_until end as held_until,
                   (select count(*) from runs q where q.tenant_id = p.tenant_id and q.lane = p.name and q.state = 'queued') as queued,
                   (select count(*) from leases l where l.tenant_id = p.tenant_id and l.lane = p.name) as in_flight,
                   (select count(*) from runs s where s.tenant_id = p.tenant_id and s.lane = p.name and s.state = 'suspended') as suspended,
                   (select extract(epoch from statement_timestamp() - min(q.available_at)) from runs q
                    where q.tenant_id = p.tenant_id and q.lane = p.name and q.state = 'queued'
                      and q.available_at <= statement_timestamp()) as oldest_queued,
                   (select count(*) from pollers w where w.tenant_id = p.tenant_id and p.name = any (w.lanes)
                      and w.last_poll_at > statement_timestamp() - interval 'PT1M') as polling
            from lanes p where p.tenant_id = ?""".formatted(
                    seconds("heartbeat_timeout"),
                    seconds("claim_timeout"),
                    seconds("queue_timeout"),
                    seconds("run_timeout"),
                    seconds("approval_timeout"),
                    seconds("backoff_initial"),
                    seconds("backoff_max"),
                    seconds("retention"));

    private static final String BY_NAME = SELECT + " and p.name = ?";

    private static final String PAGE = SELECT + " and (cast(? as text) is null or p.name > ?) order by p.name limit ?";

    private static final String VALUES = """
            cast(? as text), cast(? as interval), cast(? as interval), cast(? as interval), cast(? as interval),
            cast(? as interval), cast(? as text), cast(? as integer), cast(? as integer), cast(? as interval),
            cast(? as double precision), cast(? as interval), cast(? as integer), cast(? as boolean), cast(? as interval)""";

    private static final String COLUMNS = """
            heartbeat, heartbeat_timeout, claim_timeout, queue_timeout, run_timeout, approval_timeout, on_lost, max_attempts,
            max_lost, backoff_initial, backoff_factor, backoff_max, max_in_flight, paused, retention""";

    private static final String ADD = telling("insert into lanes (" + COLUMNS + ", tenant_id, name) values (" + VALUES
            + ", ?, ?) on conflict do nothing returning tenant_id");

    /** Makes the lanes of a column {@code lane} in {@code draft} that are not there yet. */
    public static final String ADD_MISSING =
            "insert into lanes (" + COLUMNS + ", tenant_id, name) select " + VALUES + """
            , cast(? as uuid), d.lane from (select distinct lane from draft) d
            where not exists (select from lanes l where l.tenant_id = ? and l.name = d.lane)
            on conflict do nothing""";

    private static final String REPLACE = telling("update lanes set (" + COLUMNS + ", version) = row (" + VALUES
            + ", version + 1) where tenant_id = ? and name = ? and version = ? returning tenant_id");

    private static final String PAUSE = telling("""
            update lanes set paused = ?, version = version + 1
            where tenant_id = ? and name = ? and paused <> ? and (cast(? as bigint) is null or version = ?)
            returning tenant_id""");

    private static final String LIMIT = telling("""
            update lanes set max_in_flight = ?, version = version + 1 where tenant_id = ? and name = ?
            returning tenant_id""");

    private final Database database;

    protected Lanes() { // for the proxy
        this(null);
    }

    @Inject
    Lanes(Database database) {
        this.database = database;
    }

    public Optional<Lane> find(UUID tenant, String name) {
        return database.of(tenant).one(BY_NAME, Lanes::toLane, tenant, name);
    }

    /** The tenant's lanes by name. @param after null for the first page */
    List<Lane> page(UUID tenant, String after, int limit) {
        return database.of(tenant).query(PAGE, Lanes::toLane, tenant, after, after, limit);
    }

    /** @return false if there is such a lane already */
    boolean add(UUID tenant, String name, LanePolicy policy, Author author) {
        var deed = author.did("lane_created", Map.of("lane", name, "policy", policy));
        return did(ADD, tenant, deed.after(with(policy, tenant, name)));
    }

    /** @return false if the lane is not at that version */
    boolean replace(UUID tenant, String name, LanePolicy policy, long version, Author author) {
        var deed = author.did("lane_replaced", Map.of("lane", name, "policy", policy));
        return did(REPLACE, tenant, deed.after(with(policy, tenant, name, version)));
    }

    /** @param version null for any @return false if it was so already, is not there or is at another version */
    boolean pause(UUID tenant, String name, boolean paused, Long version, Author author) {
        var deed = author.did(paused ? "lane_paused" : "lane_unpaused", Map.of("lane", name));
        return did(PAUSE, tenant, deed.after(paused, tenant, name, paused, version, version));
    }

    /** @param maxInFlight null for no limit */
    boolean limit(UUID tenant, String name, Integer maxInFlight, Author author) {
        var told = new HashMap<String, Object>(Map.of("lane", name));
        told.put("maxInFlight", maxInFlight);
        return did(LIMIT, tenant, author.did("lane_limited", told).after(maxInFlight, tenant, name));
    }

    private boolean did(String sql, UUID tenant, Object... arguments) {
        return database.of(tenant).one(sql, row -> true, arguments).isPresent();
    }

    private static String telling(String change) {
        return "with changed as (" + change + "), " + TenantTimeline.tell("changed") + " select true from changed";
    }

    /** The arguments of {@link #ADD_MISSING}. */
    public static List<Object> missing(LanePolicy policy, UUID tenant) {
        return Arrays.asList(with(policy, tenant, tenant));
    }

    private static Object[] with(LanePolicy policy, Object... rest) {
        var arguments = new ArrayList<Object>(Arrays.asList(
                policy.heartbeat().id(),
                policy.heartbeatTimeout(),
                policy.claimTimeout(),
                policy.queueTimeout(),
                policy.runTimeout(),
                policy.approvalTimeout(),
                policy.onLost().id(),
                policy.maxAttempts(),
                policy.maxLost(),
                policy.backoff().initial(),
                policy.backoff().factor(),
                policy.backoff().max(),
                policy.maxInFlight(),
                policy.paused(),
                policy.retention()));
        arguments.addAll(Arrays.asList(rest));
        return arguments.toArray();
    }

    private static String seconds(String column) {
        return SECONDS.formatted(column);
    }

    private static Lane toLane(ResultSet row) throws SQLException {
        var policy = new LanePolicy(
                Heartbeat.valueOf(row.getString("heartbeat").toUpperCase(Locale.ROOT)),
                duration(row, "heartbeat_timeout"),
                duration(row, "claim_timeout"),
                duration(row, "queue_timeout"),
                duration(row, "run_timeout"),
                duration(row, "approval_timeout"),
                OnLost.valueOf(row.getString("on_lost").toUpperCase(Locale.ROOT)),
                row.getInt("max_attempts"),
                row.getInt("max_lost"),
                new Backoff(
                        duration(row, "backoff_initial"),
                        row.getDouble("backoff_factor"),
                        duration(row, "backoff_max")),
                row.getObject("max_in_flight", Integer.class),
                row.getBoolean("paused"),
                duration(row, "retention"));
        return new Lane(
                row.getString("name"),
                policy,
                instant(row, "held_until"),
                row.getLong("queued"),
                row.getLong("in_flight"),
                row.getLong("suspended"),
                duration(row, "oldest_queued"),
                row.getLong("polling"),
                instant(row, "created_at"),
                row.getLong("version"));
    }

    /** Seconds in a column, or null. */
    static Duration duration(ResultSet row, String column) throws SQLException {
        var seconds = row.getBigDecimal(column);
        return seconds == null
                ? null
                : Duration.ofNanos(seconds.movePointRight(9).longValue());
    }
}
