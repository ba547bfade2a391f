package dev.holdfast.key;

import static dev.holdfast.platform.database.Database.column;
import static dev.holdfast.platform.database.Database.instant;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Author;
import dev.holdfast.event.Deed;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Convoy;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The keys' table, and the leases' as far as they carry run keys. Each request asks here: a key's death is seen at once. */
@ApplicationScoped
public class ApiKeys {
    // Found by the index: the time that takes can tell of the hash at most, from which no way leads back to a key.
    // An array that is said as it is shows PostgreSQL how short it is, which then plans anew each time.
    private static final String BY_HASH = """
            select k.hash, k.tenant_id, k.id, k.name, k.scopes, k.revoked_at is not null as revoked,
                   coalesce(k.expires_at <= now(), false) as expired, t.disabled_at is not null as disabled
            from api_keys k join tenants t on t.id = k.tenant_id
            where k.hash = any (array(select unnest(?)))""";

    // The lease is the run key's life; no lease, no key. The hash is compared here and not in SQL, in constant time.
    private static final String BY_RUN = """
            select l.run_id, l.tenant_id, l.fence, l.worker_id, l.key_hash, l.key_expires_at <= now() as expired,
                   t.disabled_at is not null as disabled
            from leases l join tenants t on t.id = l.tenant_id
            where l.run_id = any (array(select unnest(?)))""";

    // What ended a dead run key: the first event after its claim that closed a lease; if none did, the key alone was
    // revoked. Only who holds the key learns it.
    private static final String END_OF_RUN_KEY = """
            select c.key_hash, coalesce(e.type, 'revoked')
            from runs r
            join events c on c.tenant_id = r.tenant_id and c.run_id = r.id and c.key_hash is not null
            left join lateral (
                select type from events x
                where x.tenant_id = c.tenant_id and x.run_id = c.run_id and x.seq > c.seq and x.type <> 'started'
                  and x.to_state is not null
                order by x.seq limit 1) e on true
            where r.id = ?""";

    private static final String COLUMNS = "id, name, prefix, scopes, created_at, expires_at, revoked_at, last_used_at";

    private static final String ADD = """
            with added as (
                insert into api_keys (tenant_id, id, name, prefix, hash, scopes, expires_at)
                select * from (values (cast(? as uuid), cast(? as uuid), ?, ?, cast(? as bytea), cast(? as text[]),
                                       cast(? as timestamptz))) as k (tenant_id, id, name, prefix, hash, scopes, expires_at)
                where k.expires_at is null or k.expires_at > statement_timestamp()
                on conflict do nothing
                returning *
            ), %s
            select %s from added""".formatted(TenantTimeline.tell("added"), COLUMNS);

    private static final String PAGE = "select " + COLUMNS
            + " from api_keys where tenant_id = ? and (cast(? as uuid) is null or id < ?) order by id desc limit ?";

    private static final String BY_ID = "select " + COLUMNS + " from api_keys where tenant_id = ? and id = ?";

    private static final String RUN_KEY_UNTIL = "select key_expires_at from leases where tenant_id = ? and run_id = ?";

    // Revoked once: the second call changes nothing and is told nothing else.
    private static final String REVOKE = """
            with known as (
                select tenant_id, id from api_keys where tenant_id = ? and id = ?
            ), revoked as (
                update api_keys k set revoked_at = now() from known
                where k.tenant_id = known.tenant_id and k.id = known.id and k.revoked_at is null
                returning k.tenant_id
            ), %s
            select exists (select from revoked) as now from known""".formatted(TenantTimeline.tell("revoked"));

    /** Whose a key is is asked for all at once, whoever they are. */
    private static final String ANYBODY = "anybody";

    private final Convoy<String, byte[], Optional<Holder>> tenantKeys =
            new Convoy<>((anybody, hashes) -> byHashes(hashes), hash -> new Object());
    private final Convoy<String, RunKey, Optional<Holder>> runKeys =
            new Convoy<>((anybody, keys) -> byRuns(keys), key -> new Object());
    private final Database database;
    private final Metrics metrics;
    private final LastUses uses;

    protected ApiKeys() { // for the proxy
        this(null, null, null);
    }

    @Inject
    ApiKeys(Database database, Metrics metrics, LastUses uses) {
        this.database = database;
        this.metrics = metrics;
        this.uses = uses;
    }

    private record RunKey(UUID run, byte[] hash) {}

    /** Who holds a key that is known, and what is to be said against it. */
    private record Holder(
            UUID tenant,
            UUID id,
            String name,
            Set<String> scopes,
            UUID run,
            long fence,
            byte[] hash,
            boolean revoked,
            boolean expired,
            boolean disabled) {
        Caller admitted() {
            if (revoked) {
                throw Rejected.revoked("revoked");
            }
            if (expired) {
                throw Rejected.expired();
            }
            requireEnabled(disabled);
            return new Caller(tenant, id, name, scopes, run, fence);
        }
    }

    /**
     * Who holds this key. Those who come at the same time are asked for by one statement, which begins after each of them
     * has come: a key's death is seen by the next request, on every node.
     *
     * @throws Problem 401 saying why it opens nothing, 403 if its tenant is disabled
     */
    public Caller authenticate(String key) {
        if (!KeyFormat.plausible(key)) {
            throw Rejected.malformed();
        }
        return KeyFormat.isRunKey(key) ? byRunKey(key) : byTenantKey(key);
    }

    /**
     * Adds a key of a new id.
     *
     * @throws InvalidRequest if it would be dead from the start
     */
    ApiKey add(UUID tenant, String name, Collection<String> scopes, Instant expiresAt, String raw, Author author) {
        return add(tenant, UuidCreator.getTimeOrderedEpoch(), name, scopes, expiresAt, raw, author)
                .orElseThrow(() -> new InvalidRequest("expiresAt", "must be in the future"));
    }

    /**
     * Adds a key and returns it with its raw form, which is nowhere else; empty if its id or this very key is known, or
     * its end is not ahead.
     */
    Optional<ApiKey> add(
            UUID tenant,
            UUID id,
            String name,
            Collection<String> scopes,
            Instant expiresAt,
            String raw,
            Author author) {
        var key = database.of(tenant)
                .one(
                        ADD,
                        ApiKeys::toKey,
                        created(author, id, name, scopes, expiresAt, raw)
                                .after(
                                        tenant,
                                        id,
                                        name,
                                        KeyFormat.prefix(raw),
                                        KeyFormat.hash(raw),
                                        Array.texts(List.copyOf(scopes)),
                                        expiresAt))
                .map(added -> added.shownOnce(raw));
        metrics.count(Metric.KEYS_ISSUED, key.isPresent() ? 1 : 0);
        return key;
    }

    private static Deed created(
            Author author, UUID id, String name, Collection<String> scopes, Instant expiresAt, String raw) {
        var key = new HashMap<String, Object>();
        key.put("keyId", id);
        key.put("name", name);
        key.put("prefix", KeyFormat.prefix(raw));
        key.put("scopes", scopes);
        key.put("expiresAt", expiresAt);
        return author.did("key_created", key);
    }

    boolean hasAny(UUID tenant) {
        return database.of(tenant)
                .one("select 1 from api_keys where tenant_id = ? limit 1", row -> true, tenant)
                .isPresent();
    }

    /** A page of the tenant's keys, newest first. */
    List<ApiKey> page(UUID tenant, UUID before, int limit) {
        return database.of(tenant).query(PAGE, ApiKeys::toKey, tenant, before, before, limit);
    }

    Optional<ApiKey> find(UUID tenant, UUID id) {
        return database.of(tenant).one(BY_ID, ApiKeys::toKey, tenant, id);
    }

    /** Until when the key of a present claim is valid if nothing more is heard. */
    Optional<Instant> endOfRunKey(UUID tenant, UUID run) {
        return database.of(tenant).one(RUN_KEY_UNTIL, row -> instant(row, "key_expires_at"), tenant, run);
    }

    /** @return whether the tenant has such a key; a second revocation changes nothing */
    boolean revoke(UUID tenant, UUID id, Author author) {
        var revoked = database.of(tenant)
                .one(
                        REVOKE,
                        row -> row.getBoolean("now"),
                        author.did("key_revoked", Map.of("keyId", id)).after(tenant, id));
        metrics.count(Metric.KEYS_REVOKED, revoked.orElse(false) ? 1 : 0, "revoked");
        return revoked.isPresent();
    }

    private Caller byTenantKey(String key) {
        var caller = tenantKeys
                .join(ANYBODY, KeyFormat.hash(key))
                .orElseThrow(Rejected::unknown)
                .admitted();
        uses.used(caller.tenant(), caller.id());
        return caller;
    }

    private Caller byRunKey(String key) {
        var asked = new RunKey(KeyFormat.runOf(key), KeyFormat.hashOfSecret(KeyFormat.secretOf(key)));
        return runKeys.join(ANYBODY, asked)
                .orElseThrow(() ->
                        end(asked.run(), asked.hash()).map(Rejected::revoked).orElseGet(Rejected::unknown))
                .admitted();
    }

    private List<Optional<Holder>> byHashes(List<byte[]> hashes) {
        var found = new HashMap<ByteBuffer, Holder>();
        database.everybody()
                .query(BY_HASH, ApiKeys::toTenantHolder, Array.bytes(hashes))
                .forEach(holder -> found.put(ByteBuffer.wrap(holder.hash()), holder));
        return column(hashes, hash -> Optional.ofNullable(found.get(ByteBuffer.wrap(hash))));
    }

    private List<Optional<Holder>> byRuns(List<RunKey> asked) {
        var found =
                database.everybody().query(BY_RUN, ApiKeys::toRunHolder, Array.ids(column(asked, RunKey::run))).stream()
                        .collect(Collectors.groupingBy(Holder::run));
        return column(asked, key -> found.getOrDefault(key.run(), List.of()).stream()
                .filter(holder -> MessageDigest.isEqual(key.hash(), holder.hash()))
                .findFirst());
    }

    private Optional<String> end(UUID run, byte[] hash) {
        return database
                .everybody()
                .query(
                        END_OF_RUN_KEY,
                        row -> MessageDigest.isEqual(hash, row.getBytes(1)) ? row.getString(2) : null,
                        run)
                .stream()
                .filter(type -> type != null)
                .findFirst()
                .map(type -> Set.of("cancelled", "completed", "failed").contains(type) ? "run_" + type : type);
    }

    private static Holder toTenantHolder(ResultSet row) throws SQLException {
        return new Holder(
                row.getObject("tenant_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getString("name"),
                Set.of((String[]) row.getArray("scopes").getArray()),
                null,
                0,
                row.getBytes("hash"),
                row.getBoolean("revoked"),
                row.getBoolean("expired"),
                row.getBoolean("disabled"));
    }

    private static Holder toRunHolder(ResultSet row) throws SQLException {
        return new Holder(
                row.getObject("tenant_id", UUID.class),
                null,
                row.getString("worker_id"),
                Set.of(Scope.OWN_RUN),
                row.getObject("run_id", UUID.class),
                row.getLong("fence"),
                row.getBytes("key_hash"),
                false,
                row.getBoolean("expired"),
                row.getBoolean("disabled"));
    }

    static void requireEnabled(ResultSet row) throws SQLException {
        requireEnabled(row.getBoolean("disabled"));
    }

    private static void requireEnabled(boolean disabled) {
        if (disabled) {
            throw new Problem(403, "tenant_disabled", "The caller's tenant is disabled.");
        }
    }

    private static ApiKey toKey(ResultSet row) throws SQLException {
        return new ApiKey(
                row.getObject("id", UUID.class),
                row.getString("name"),
                row.getString("prefix"),
                List.of((String[]) row.getArray("scopes").getArray()),
                instant(row, "created_at"),
                instant(row, "expires_at"),
                instant(row, "revoked_at"),
                instant(row, "last_used_at"),
                null);
    }
}
