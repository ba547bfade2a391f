package dev.holdfast.reaper;

import static dev.holdfast.platform.database.Database.instant;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.event.Author;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.json.Json;
import dev.holdfast.reaper.Sweep.Count;
import dev.holdfast.reaper.Sweep.Trigger;
import dev.holdfast.run.Verdict;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The sweeps' tables: their history, and the one row that all nodes' reapers share. */
@ApplicationScoped
public class Sweeps {
    // An economy, not the safety: of N nodes one sweeps. The lock ends with its transaction, or with its holder's life.
    private static final String TRY_LOCK = "select pg_try_advisory_xact_lock(hashtext('holdfast.reaper'))";

    // A tick that comes a moment early counts: else every second interval would be lost to the clock's jitter.
    // Away is who does not even begin: were it who has no success, one broken phase would let no lease be judged ever.
    private static final String BEGIN_IF_DUE = """
            update reaper
            set last_started_at = statement_timestamp(),
                judging_since = case when greatest(last_started_at, last_success_at) < statement_timestamp() - 2 * cast(? as interval)
                                     then statement_timestamp() else judging_since end
            where enabled and coalesce(last_started_at <= statement_timestamp() - cast(? as interval) + interval 'PT0.25S', true)
            returning true""";

    private static final String IS_DUE = """
            select enabled and coalesce(last_started_at <= statement_timestamp() - cast(? as interval) + interval 'PT0.25S', true)
            from reaper""";

    private static final String SUCCEEDED = """
            update reaper set last_success_at = statement_timestamp(),
                last_millis = extract(epoch from statement_timestamp() - last_started_at) * 1000
            returning true""";

    private static final String FIRST_TENANT = "select id from tenants where name = 'default'";

    // Of no tenant, and told to the first.
    private static final String ENABLE = """
            with changed as (
                update reaper set enabled = ? where enabled <> ? returning (%s) as tenant_id
            ), %s
            select true""".formatted(FIRST_TENANT, TenantTimeline.tell("changed"));

    private static final String STATE = """
            select enabled, extract(epoch from statement_timestamp() - last_success_at) as age_seconds, last_millis
            from reaper""";

    private static final String ADD = """
            insert into sweeps (tenant_id, id, trigger, actor, node, started_at, cleaned_up, failed, phases)
            values (?, ?, ?, ?, ?, ?, ?, ?, cast(? as json))
            returning id""";

    private static final String COLUMNS =
            "select id, trigger, actor, node, started_at, ended_at, cleaned_up, failed, phases from sweeps";

    private static final String PAGE =
            COLUMNS + " where tenant_id = ? and (cast(? as uuid) is null or id < ?) order by id desc limit ?";

    private static final String BY_ID = COLUMNS + " where tenant_id = ? and id = ?";

    private static final String VERDICTS = """
            select tenant_id, run_id, phase, rule, outcome, at, evidence from verdicts
            where tenant_id = ? and sweep_id = ? order by at, run_id""";

    private static final String LAST_OF_RUN = """
            select tenant_id, run_id, phase, rule, outcome, at, evidence from verdicts
            where tenant_id = ? and run_id = ? order by at desc limit 1""";

    private final Database database;

    protected Sweeps() { // for the proxy
        this(null);
    }

    @Inject
    Sweeps(Database database) {
        this.database = database;
    }

    /** @param age since the last success; null if there was none @param lastDuration null if there was none */
    public record State(boolean enabled, Duration age, Duration lastDuration) {}

    /** Whether this node may sweep now; holds until the caller's transaction ends. */
    boolean tryLock() {
        return database.everybody().one(TRY_LOCK, row -> row.getBoolean(1)).orElseThrow();
    }

    boolean isDue(Duration interval) {
        return database.everybody()
                .one(IS_DUE, row -> row.getBoolean(1), interval)
                .orElseThrow();
    }

    /** Notes the beginning of a sweep of all tenants, if it is time for one; after an outage judging begins anew. */
    boolean beginIfDue(Duration interval, Duration sinceLast) {
        return database.everybody()
                .one(BEGIN_IF_DUE, row -> true, interval, sinceLast)
                .isPresent();
    }

    void succeeded() {
        database.everybody().one(SUCCEEDED, row -> true);
    }

    void enable(boolean enabled, Author author) {
        var deed = author.did(enabled ? "reaper_unpaused" : "reaper_paused", Map.of());
        database.everybody().one(ENABLE, row -> true, deed.after(enabled, enabled));
    }

    public State state() {
        return database.everybody()
                .one(STATE, row -> {
                    var age = row.getObject("age_seconds") == null ? null : row.getDouble("age_seconds");
                    var millis = row.getObject("last_millis") == null ? null : row.getLong("last_millis");
                    return new State(
                            row.getBoolean("enabled"),
                            age == null ? null : Duration.ofMillis((long) (age * 1000)),
                            millis == null ? null : Duration.ofMillis(millis));
                })
                .orElseThrow();
    }

    Instant now() {
        return database.everybody().now();
    }

    /** The tenant that every Holdfast begins with, for what belongs to none. */
    UUID firstTenant() {
        return database.everybody()
                .one(FIRST_TENANT, row -> row.getObject(1, UUID.class))
                .orElseThrow();
    }

    /** Keeps a sweep in the history of each tenant that it concerned, and of who asked for it. */
    void keep(Sweep sweep, UUID asker) {
        var ofTenants = new HashMap<UUID, Map<String, Count>>();
        sweep.verdicts().forEach(verdict -> ofTenants
                .computeIfAbsent(verdict.tenant(), tenant -> zeros(sweep))
                .computeIfPresent(verdict.phase(), (phase, count) -> count.plus(new Count(1, 0))));
        if (asker != null) {
            ofTenants.computeIfAbsent(asker, tenant -> zeros(sweep));
            sweep.phases().forEach((phase, count) -> ofTenants
                    .get(asker)
                    .computeIfPresent(phase, (name, own) -> own.plus(new Count(0, count.failed()))));
        }
        ofTenants.forEach((tenant, phases) -> add(tenant, sweep, phases));
    }

    /** The tenant's sweeps, newest first. */
    List<Sweep> page(UUID tenant, UUID before, int limit) {
        return database.of(tenant).query(PAGE, row -> toSweep(row, null), tenant, before, before, limit);
    }

    Optional<Sweep> find(UUID tenant, UUID id) {
        var verdicts = database.of(tenant).query(VERDICTS, Verdict::of, tenant, id);
        return database.of(tenant).one(BY_ID, row -> toSweep(row, verdicts), tenant, id);
    }

    /** The last verdict that moved a run. */
    public Optional<Verdict> lastVerdict(UUID tenant, UUID run) {
        return database.of(tenant).one(LAST_OF_RUN, Verdict::of, tenant, run);
    }

    private void add(UUID tenant, Sweep sweep, Map<String, Count> phases) {
        database.of(tenant)
                .one(
                        ADD,
                        row -> true,
                        tenant,
                        sweep.sweepId(),
                        sweep.trigger().id(),
                        sweep.actor(),
                        sweep.node(),
                        sweep.startedAt(),
                        phases.values().stream().mapToInt(Count::cleanedUp).sum(),
                        phases.values().stream().mapToInt(Count::failed).sum(),
                        Json.write(phases));
    }

    private static Map<String, Count> zeros(Sweep sweep) {
        var zeros = new LinkedHashMap<String, Count>();
        sweep.phases().keySet().forEach(phase -> zeros.put(phase, new Count(0, 0)));
        return zeros;
    }

    private static Sweep toSweep(ResultSet row, List<Verdict> verdicts) throws SQLException {
        var phases = new LinkedHashMap<String, Count>();
        for (Map.Entry<String, JsonNode> phase :
                Json.stored(row.getString("phases")).properties()) {
            var count = phase.getValue();
            phases.put(
                    phase.getKey(),
                    new Count(
                            count.get("cleanedUp").intValue(),
                            count.get("failed").intValue()));
        }
        int cleanedUp = row.getInt("cleaned_up");
        int failed = row.getInt("failed");
        return new Sweep(
                row.getObject("id", UUID.class),
                Trigger.of(row.getString("trigger")),
                row.getString("actor"),
                row.getString("node"),
                false,
                instant(row, "started_at"),
                instant(row, "ended_at"),
                cleanedUp,
                failed,
                cleanedUp + failed,
                phases,
                verdicts);
    }
}
