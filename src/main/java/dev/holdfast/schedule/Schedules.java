package dev.holdfast.schedule;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import dev.holdfast.run.RunState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** The schedules' table. People replace a schedule by its version, firings move it on from the time they fire at. */
@ApplicationScoped
class Schedules {
    private static final String SELECT = """
            select tenant_id, name, lane, type, cron, time_zone, input, overlap, catch_up, enabled, next_at, last_fired_at,
                   last_run_id, skipped, created_at, version, statement_timestamp() as now
            from schedules s""";

    private static final String BY_NAME = SELECT + " where tenant_id = ? and name = ?";

    private static final String PAGE =
            SELECT + " where tenant_id = ? and (cast(? as text) is null or name > ?) order by name limit ?";

    private static final String SOON = SELECT + """
             where next_at <= statement_timestamp() + cast(? as interval)
               and exists (select from tenants t where t.id = s.tenant_id and t.disabled_at is null)
            order by next_at limit ?""";

    private static final String ADD = """
            insert into schedules (lane, type, cron, time_zone, input, overlap, catch_up, enabled, next_at, tenant_id, name)
            values (?, ?, ?, ?, cast(? as json), ?, ?, ?, ?, ?, ?) on conflict do nothing returning name""";

    // What is due and not yet fired stays due, unless the schedule shall fire at other times from now on.
    private static final String REPLACE = """
            update schedules s
            set lane = n.lane, type = n.type, cron = n.cron, time_zone = n.time_zone, input = n.input, overlap = n.overlap,
                catch_up = n.catch_up, enabled = n.enabled, version = s.version + 1,
                next_at = case when s.enabled and n.enabled and s.cron = n.cron and s.time_zone = n.time_zone
                               then s.next_at else n.next_at end
            from (select ? as lane, ? as type, ? as cron, ? as time_zone, cast(? as json) as input, ? as overlap,
                         ? as catch_up, cast(? as boolean) as enabled, cast(? as timestamptz) as next_at) n
            where s.tenant_id = ? and s.name = ? and s.version = ?
            returning s.name""";

    private static final String DELETE = """
            delete from schedules where tenant_id = ? and name = ? and coalesce(version = ?, true) returning name""";

    // Whoever comes second finds the schedule at another time.
    private static final String TAKE = """
            with due as (
                select tenant_id, name,
                       overlap = 'skip' and exists (
                           select from runs r
                           where r.tenant_id = schedules.tenant_id and r.id = last_run_id and r.state in (%s)) as overlapped
                from schedules
                where tenant_id = ? and name = ? and next_at = ? and version = ?
                for no key update
            )
            update schedules s
            set next_at = f.next_at,
                last_fired_at = case when f.at is null or d.overlapped then s.last_fired_at else f.at end,
                skipped = s.skipped + case when f.at is null or d.overlapped then 1 else 0 end
            from due d, (select cast(? as timestamptz) as at, cast(? as timestamptz) as next_at) f
            where s.tenant_id = d.tenant_id and s.name = d.name
            returning f.at is not null and not d.overlapped as fires""".formatted(ids(RunState.ACTIVE));

    private static final String RAN =
            "update schedules set last_run_id = ? where tenant_id = ? and name = ? returning name";

    private final Database database;

    protected Schedules() { // for the proxy
        this(null);
    }

    @Inject
    Schedules(Database database) {
        this.database = database;
    }

    /** A schedule whose time has come, or is about to. @param now the database's */
    record Due(Schedule schedule, Instant now) {
        boolean isDue() {
            return untilDue().isNegative() || untilDue().isZero();
        }

        Duration untilDue() {
            return Duration.between(now, schedule.nextAt());
        }
    }

    /** Those of all tenants that may work which are due within so long, the first to be so first. */
    List<Due> soon(Duration within, int limit) {
        return database.everybody().query(SOON, row -> new Due(toSchedule(row), instant(row, "now")), within, limit);
    }

    Optional<Schedule> find(UUID tenant, String name) {
        return database.of(tenant).one(BY_NAME, Schedules::toSchedule, tenant, name);
    }

    /** The tenant's schedules by name. @param after null for the first page */
    List<Schedule> page(UUID tenant, String after, int limit) {
        return database.of(tenant).query(PAGE, Schedules::toSchedule, tenant, after, after, limit);
    }

    /** The database's time, from which a new schedule begins. */
    Instant now(UUID tenant) {
        return database.of(tenant).now();
    }

    /** @param next when it is due first; null for never @return false if there is such a schedule already */
    boolean add(UUID tenant, Wanted wanted, Instant next) {
        return database.of(tenant)
                .one(ADD, row -> true, with(wanted, next, tenant, wanted.name()))
                .isPresent();
    }

    /** @return false if the schedule is not at that version */
    boolean replace(UUID tenant, Wanted wanted, Instant next, long version) {
        return database.of(tenant)
                .one(REPLACE, row -> true, with(wanted, next, tenant, wanted.name(), version))
                .isPresent();
    }

    /** @param version null for any @return false if it is not there or at another version */
    boolean delete(UUID tenant, String name, Long version) {
        return database.of(tenant)
                .one(DELETE, row -> true, tenant, name, version)
                .isPresent();
    }

    /** Moves a due schedule on. @return whether a run shall be made of it; empty if another node has moved it */
    Optional<Boolean> take(Schedule due, Firing firing) {
        return database.of(due.tenant())
                .one(
                        TAKE,
                        row -> row.getBoolean("fires"),
                        due.tenant(),
                        due.name(),
                        due.nextAt(),
                        due.version(),
                        firing.at(),
                        firing.next());
    }

    /** Notes the run that a schedule has made last. */
    void ran(UUID tenant, String name, UUID run) {
        database.of(tenant).one(RAN, row -> true, run, tenant, name);
    }

    private static Object[] with(Wanted wanted, Instant next, Object... rest) {
        var arguments = new ArrayList<Object>(Arrays.asList(
                wanted.lane(),
                wanted.type(),
                wanted.cron(),
                wanted.timeZone(),
                wanted.inputText(),
                wanted.overlap().id(),
                wanted.catchUp().id(),
                wanted.enabled(),
                next));
        arguments.addAll(Arrays.asList(rest));
        return arguments.toArray();
    }

    private static String ids(Set<RunState> states) {
        return states.stream().map(state -> "'" + state.id() + "'").collect(Collectors.joining(", "));
    }

    private static Schedule toSchedule(ResultSet row) throws SQLException {
        return new Schedule(
                row.getObject("tenant_id", UUID.class),
                row.getString("name"),
                row.getString("lane"),
                row.getString("type"),
                row.getString("cron"),
                row.getString("time_zone"),
                row.getString("input"),
                Overlap.valueOf(row.getString("overlap").toUpperCase(Locale.ROOT)),
                CatchUp.valueOf(row.getString("catch_up").toUpperCase(Locale.ROOT)),
                row.getBoolean("enabled"),
                instant(row, "next_at"),
                instant(row, "last_fired_at"),
                row.getObject("last_run_id", UUID.class),
                row.getLong("skipped"),
                instant(row, "created_at"),
                row.getLong("version"));
    }
}
