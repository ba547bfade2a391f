package dev.holdfast.lane;

import static dev.holdfast.lane.Lanes.duration;
import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What a tenant has under way, and what came of its runs in the last minutes. Each count is a walk of an index of what is
 * active, or of the end of one: what is stored besides, however much it is, is not looked at.
 */
@ApplicationScoped
public class Stats {
    /** What {@code minutes} has unless somebody wants more. */
    static final int MINUTES_SHOWN = 5;

    static final int MOST_MINUTES = 60;

    private static final int MOST_LANES = 500;

    private static final String LANES = """
            select coalesce(q.lane, l.lane, s.lane) as name, coalesce(q.queued, 0) as queued, coalesce(l.claimed, 0) as claimed,
                   coalesce(l.running, 0) as running, coalesce(s.suspended, 0) as suspended, q.oldest
            from (select lane, count(*) as queued,
                         extract(epoch from statement_timestamp()
                             - min(available_at) filter (where available_at <= statement_timestamp())) as oldest
                  from runs where tenant_id = ? and state = 'queued' group by lane) q
            full join (select lane, count(*) filter (where beats = 0) as claimed, count(*) filter (where beats > 0) as running
                       from leases where tenant_id = ? group by lane) l on l.lane = q.lane
            full join (select lane, count(*) as suspended
                       from runs where tenant_id = ? and state = 'suspended' group by lane) s on s.lane = coalesce(q.lane, l.lane)
            order by coalesce(q.queued, 0) + coalesce(l.claimed, 0) + coalesce(l.running, 0) + coalesce(s.suspended, 0) desc, 1""";

    private static final String APPROVALS = """
            select count(*) as pending, extract(epoch from statement_timestamp() - min(requested_at)) as oldest
            from approvals where tenant_id = ? and status = 'pending'""";

    // The limits that limit nothing keep PostgreSQL, which cannot know how few are recent, on the index that tells.
    // Sweeps
    // come at most once a second, but for those that people ask for.
    private static final String MINUTES = """
            with span as (
                select date_trunc('minute', statement_timestamp()) - (? - 1) * interval 'PT1M' as since
            ), happened as (
                select 'submitted' as what, date_trunc('minute', r.submitted_at) as minute, 1 as runs
                from span cross join lateral (
                    select submitted_at from runs where tenant_id = ? and submitted_at >= span.since
                    order by submitted_at desc limit (select cast(null as bigint))) r
                union all
                select e.state, date_trunc('minute', e.ended_at), 1
                from span join lanes p on p.tenant_id = ? cross join lateral (
                    select state, ended_at from runs r
                    where r.tenant_id = p.tenant_id and r.lane = p.name and r.ended_at >= span.since
                    order by r.ended_at limit (select cast(null as bigint))) e
                union all
                select 'reaped', date_trunc('minute', s.ended_at), cast(s.phases -> 'leases' ->> 'cleanedUp' as integer)
                from span cross join (select ended_at, phases from sweeps where tenant_id = ? order by id desc limit 1000) s
                where s.ended_at >= span.since
            )
            select m.minute, coalesce(sum(h.runs) filter (where h.what = 'submitted'), 0) as submitted,
                   coalesce(sum(h.runs) filter (where h.what = 'completed'), 0) as completed,
                   coalesce(sum(h.runs) filter (where h.what = 'failed'), 0) as failed,
                   coalesce(sum(h.runs) filter (where h.what = 'cancelled'), 0) as cancelled,
                   coalesce(sum(h.runs) filter (where h.what = 'reaped'), 0) as reaped
            from span cross join generate_series(span.since, statement_timestamp(), interval 'PT1M') as m (minute)
            left join happened h on h.minute = m.minute
            group by m.minute order by m.minute""";

    private final Database database;

    protected Stats() { // for the proxy
        this(null);
    }

    @Inject
    Stats(Database database) {
        this.database = database;
    }

    /**
     * @param lanes those with anything active, the fullest first, at most {@value #MOST_LANES}; the sums are of all
     * @param oldestQueuedAge since the oldest queued run could be claimed; null if none can
     * @param oldestPendingApprovalAge null if none is pending
     * @param minutes the last ones, the present one last
     */
    public record Overview(
            long queued,
            long claimed,
            long running,
            long suspended,
            Duration oldestQueuedAge,
            long pendingApprovals,
            Duration oldestPendingApprovalAge,
            List<OfLane> lanes,
            List<Minute> minutes) {}

    /** Active runs of a lane by state. @param oldestQueuedAge see {@link Overview} */
    public record OfLane(
            String name, long queued, long claimed, long running, long suspended, Duration oldestQueuedAge) {}

    /**
     * @param at its beginning
     * @param completed runs that ended so in this minute, as far as they are still stored and not resumed; so are the next two
     * @param reaped taken from dead owners, whatever became of the runs
     */
    public record Minute(Instant at, long submitted, long completed, long failed, long cancelled, long reaped) {}

    private record Waiting(long pending, Duration oldest) {}

    Overview of(UUID tenant) {
        return of(tenant, MINUTES_SHOWN);
    }

    /** @param minutes how many to tell, up to {@value #MOST_MINUTES} */
    Overview of(UUID tenant, int minutes) {
        var view = database.of(tenant);
        var lanes = view.query(LANES, Stats::toLane, tenant, tenant, tenant);
        var approvals = view.one(APPROVALS, row -> new Waiting(row.getLong("pending"), duration(row, "oldest")), tenant)
                .orElseThrow();
        return new Overview(
                lanes.stream().mapToLong(OfLane::queued).sum(),
                lanes.stream().mapToLong(OfLane::claimed).sum(),
                lanes.stream().mapToLong(OfLane::running).sum(),
                lanes.stream().mapToLong(OfLane::suspended).sum(),
                lanes.stream()
                        .map(OfLane::oldestQueuedAge)
                        .filter(age -> age != null)
                        .max(Duration::compareTo)
                        .orElse(null),
                approvals.pending(),
                approvals.oldest(),
                lanes.stream().limit(MOST_LANES).toList(),
                view.query(MINUTES, Stats::toMinute, minutes, tenant, tenant, tenant));
    }

    private static OfLane toLane(ResultSet row) throws SQLException {
        return new OfLane(
                row.getString("name"),
                row.getLong("queued"),
                row.getLong("claimed"),
                row.getLong("running"),
                row.getLong("suspended"),
                duration(row, "oldest"));
    }

    private static Minute toMinute(ResultSet row) throws SQLException {
        return new Minute(
                instant(row, "minute"),
                row.getLong("submitted"),
                row.getLong("completed"),
                row.getLong("failed"),
                row.getLong("cancelled"),
                row.getLong("reaped"));
    }
}
