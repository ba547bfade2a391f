package dev.holdfast.run;

import dev.holdfast.event.Author;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import dev.holdfast.platform.problem.Unknown;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Ends the keys of claims, and notes which keys have expired. The note is for the record alone: a request asks the key itself, never whether a sweep has run. */
@ApplicationScoped
public class RunKeys {
    private static final String DUE = """
            select tenant_id, cast(null as uuid) as run_id, id, expires_at from api_keys
            where expires_at <= statement_timestamp() and revoked_at is null and found_expired_at is null
            union all
            select tenant_id, run_id, run_id, key_expires_at from leases
            where key_expires_at <= (select statement_timestamp()) and key_found_expired_at is null%s""";

    private static final String VERDICT = """
            tenant_id, run_id, 'keys' as phase, 'key_expired' as rule, 'expired' as outcome, statement_timestamp() as at,
            json_build_object('keyId', id, 'expiresAt', as_utc(expires_at)) as evidence""";

    private static final String FIND = """
            select %s from (%s) d
            where cast(? as uuid) is null or tenant_id = ?
            order by row_number() over (partition by tenant_id order by expires_at), expires_at
            limit ?""".formatted(VERDICT, DUE.formatted(" and cast(? as boolean)"));

    /** All leases must be read for it, which no index may help: once in so long is enough for what is but a note. */
    private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final String MARK = """
            with found as (
                update api_keys set found_expired_at = statement_timestamp()
                where id = any (?) and expires_at <= statement_timestamp() and revoked_at is null and found_expired_at is null
                returning tenant_id, cast(null as uuid) as run_id, id, expires_at
            ), of_runs as (
                update leases set key_found_expired_at = statement_timestamp()
                where run_id = any (?) and key_expires_at <= statement_timestamp() and key_found_expired_at is null
                returning tenant_id, run_id, run_id as id, key_expires_at as expires_at
            )
            select %s from (select * from found union all select * from of_runs) d""".formatted(VERDICT);

    // The hash of what nobody has: the claim goes on with whoever holds a key of its tenant, and minds its fence.
    private static final String REVOKE = """
            with revoked as (
                update leases set key_hash = sha256(uuid_send(gen_random_uuid())) where tenant_id = ? and run_id = ?
                returning tenant_id
            ), %s
            select true from revoked""".formatted(TenantTimeline.tell("revoked"));

    private final Database database;
    private final Runs runs;
    private final RunMetrics metrics;
    private volatile long read = System.nanoTime() - REST_NANOS;

    protected RunKeys() { // for the proxy
        this(null, null, null);
    }

    @Inject
    RunKeys(Database database, Runs runs, RunMetrics metrics) {
        this.database = database;
        this.runs = runs;
        this.metrics = metrics;
    }

    /**
     * Ends the key of the run's present claim, and of no other.
     *
     * @return false if the run is in nobody's hands
     * @throws Unknown if there is no such run
     */
    public boolean revoke(UUID run, Author author) {
        var tenant = runs.tenantOf(run).orElseThrow(() -> new Unknown("run", run));
        var deed = author.did("key_revoked", Map.of("runId", run));
        boolean revoked = database.of(tenant)
                .one(REVOKE, row -> true, deed.after(tenant, run))
                .isPresent();
        metrics.revokedKeys(revoked ? 1 : 0);
        return revoked;
    }

    /** What has expired; a sweep that nobody asked for finds those of claims some seconds late. */
    public List<Verdict> find(Warrant warrant, int limit) {
        long now = System.nanoTime();
        boolean reads = warrant.despiteHold() || now - read >= REST_NANOS;
        var found = warrant.rows(database).query(FIND, Verdict::of, reads, warrant.tenant(), warrant.tenant(), limit);
        if (reads && !warrant.despiteHold() && found.size() < limit) {
            read = now;
        }
        return found;
    }

    /** @param ids of keys, or of the runs whose keys they are */
    public List<Verdict> mark(Warrant warrant, List<UUID> ids) {
        long last = read;
        read = System.nanoTime() - REST_NANOS; // if this fails, something is left for the next sweep
        var marked = warrant.rows(database).query(MARK, Verdict::of, Array.ids(ids), Array.ids(ids));
        read = last;
        return marked;
    }
}
