package dev.holdfast.audit;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.event.TenantEvent;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.json.Json;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The seals' table, and what is not sealed yet. A seal is added, and never changed. */
@ApplicationScoped
class Seals {
    // An economy, as with sweeps: what makes a seal one is its number.
    private static final String TRY_LOCK = "select pg_try_advisory_xact_lock(hashtext('holdfast.seals'))";

    private static final String THIS_MINUTE = "date_trunc('minute', statement_timestamp(), 'UTC')";

    // Two looks at an index for each tenant. A tenant is due when the first event that is not sealed is of a minute
    // that is over.
    private static final String DUE = """
            select t.id from tenants t
            left join lateral (
                select last_transaction from seals where tenant_id = t.id order by number desc limit 1) s on true
            cross join lateral (
                select at from events
                where tenant_id = t.id and transaction > coalesce(s.last_transaction, 0)
                  and transaction < transactions_ended_below()
                order by transaction limit 1) e
            where e.at < %s
            limit ?""".formatted(THIS_MINUTE);

    // Whole transactions, as many as a seal may hold and memory can; one that is larger comes alone.
    private static final String UNSEALED = """
            select %s, e.at < %s as is_over from (
                select *, sum(octet_length(cast(data as text))) over running as bytes, first_value(transaction) over running as first
                from (
                    select * from events
                    where tenant_id = ? and transaction > ? and transaction < transactions_ended_below()
                    order by transaction fetch first ? rows with ties) u
                window running as (order by transaction)) e
            where e.transaction = e.first or e.bytes is null or e.bytes <= ?
            order by e.transaction, e.run_id, e.seq""".formatted(TenantTimeline.COLUMNS, THIS_MINUTE);

    private static final String ADD = """
            insert into seals (tenant_id, number, minute, first_transaction, last_transaction, leaves, root, previous, hash)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict do nothing
            returning number""";

    private static final String SELECT = """
            select tenant_id, number, minute, first_transaction, last_transaction, octet_length(leaves) / 52 as count, root,
                   previous, hash, """;

    private static final String LAST = SELECT + "leaves from seals where tenant_id = ? order by number desc limit 1";

    private static final int BYTES_A_PAGE = 4 << 20;

    // Where a page has grown large enough, the seals that would follow come without their leaves.
    private static final String PAGE = SELECT + """
            case when bytes - octet_length(leaves) < %s then leaves end as leaves
            from (
                select *, sum(octet_length(leaves)) over (order by number %%2$s) as bytes
                from (select * from seals where tenant_id = ? and number %%1$s ? order by number %%2$s limit ?) p) p
            order by number %%2$s""".formatted(BYTES_A_PAGE);

    private static final String ONWARDS = PAGE.formatted(">", "asc");
    private static final String BACKWARDS = PAGE.formatted("<", "desc");

    private final Database database;

    protected Seals() { // for the proxy
        this(null);
    }

    @Inject
    Seals(Database database) {
        this.database = database;
    }

    /** @param isOver whether its minute is */
    record Unsealed(Leaf leaf, Instant at, long transaction, boolean isOver) {}

    /** Whether this node may seal now; holds until the caller's transaction ends. */
    boolean tryLock() {
        return database.everybody().one(TRY_LOCK, row -> row.getBoolean(1)).orElseThrow();
    }

    /** Tenants that have something to be sealed. */
    List<UUID> due(int limit) {
        return database.everybody().query(DUE, row -> row.getObject(1, UUID.class), limit);
    }

    Optional<Seal> last(UUID tenant) {
        return database.everybody().one(LAST, Seals::toSeal, tenant);
    }

    /**
     * The events of the next transactions that have all ended, in order; never a part of one.
     *
     * @param limit how many at the least, if there are so many
     * @param bytes of their data at the most, unless one transaction alone has more
     */
    List<Unsealed> unsealed(UUID tenant, long afterTransaction, int limit, long bytes) {
        return database.everybody().query(UNSEALED, Seals::toUnsealed, tenant, afterTransaction, limit, bytes);
    }

    /** @return false if another node has made the seal of this number */
    boolean add(Seal seal) {
        var hex = HexFormat.of();
        return database.everybody()
                .one(
                        ADD,
                        row -> true,
                        seal.tenantId(),
                        seal.number(),
                        seal.minute(),
                        seal.firstTransaction(),
                        seal.lastTransaction(),
                        seal.leaves(),
                        hex.parseHex(seal.root()),
                        hex.parseHex(seal.previous()),
                        hex.parseHex(seal.hash()))
                .isPresent();
    }

    /** Those of higher numbers, the lowest first; from where a page is full on, without leaves. */
    List<Seal> after(UUID tenant, long number, int limit) {
        return database.of(tenant).query(ONWARDS, Seals::toSeal, tenant, number, limit);
    }

    /** Those of lower numbers, the highest first; likewise. */
    List<Seal> before(UUID tenant, long number, int limit) {
        return database.of(tenant).query(BACKWARDS, Seals::toSeal, tenant, number, limit);
    }

    // Hashed row by row, in the very form in which it is shown: what is checked later is what was sealed.
    private static Unsealed toUnsealed(ResultSet row) throws SQLException {
        TenantEvent event = TenantTimeline.toEvent(row);
        var leaf = Leaf.of(row.getObject("tenant_id", UUID.class), Json.stored(Json.write(event)));
        return new Unsealed(leaf, event.event().at(), event.transaction(), row.getBoolean("is_over"));
    }

    private static Seal toSeal(ResultSet row) throws SQLException {
        var hex = HexFormat.of();
        return new Seal(
                row.getObject("tenant_id", UUID.class),
                row.getLong("number"),
                instant(row, "minute"),
                row.getLong("first_transaction"),
                row.getLong("last_transaction"),
                row.getInt("count"),
                hex.formatHex(row.getBytes("root")),
                hex.formatHex(row.getBytes("previous")),
                hex.formatHex(row.getBytes("hash")),
                row.getBytes("leaves"));
    }
}
