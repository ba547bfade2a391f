package dev.holdfast.run;

import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.database.Database.Array;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;

/**
 * Removes runs that ended longer ago than their lane keeps them, with all that was told of them. Active runs never. The
 * tenant's own timeline keeps their ids, so that what is gone by rule is told from what somebody took.
 */
@ApplicationScoped
public class Retention {
    private static final String VERDICT = """
            select r.tenant_id, r.id as run_id, 'retention' as phase, 'retention' as rule, 'removed' as outcome,
                   statement_timestamp() as at,
                   json_build_object('endedAt', as_utc(r.ended_at), 'retention', as_duration(p.retention), 'lane', r.lane) as evidence
            from %s
            where (cast(? as uuid) is null or r.tenant_id = ?)""";

    private static final String DUE = """
            e.tenant_id = p.tenant_id and e.lane = p.name and e.ended_at <= statement_timestamp() - p.retention""";

    // All lanes that are behind give as many, so that no more is read than can be taken, however much is due; where all
    // of it is to be shown, each may give all. Asked for the oldest, PostgreSQL does not read all runs.
    private static final String FIND = """
            with behind as (
                select * from lanes p where (select true from runs e where %1$s order by e.ended_at limit 1))
            """.formatted(DUE) + VERDICT.formatted("""
            behind p
            cross join lateral (
                select e.tenant_id, e.id, e.lane, e.ended_at from runs e where %s
                order by e.ended_at limit 1 + ? / case when ? then 1 else (select count(*) from behind) end) r""".formatted(DUE)) + """

            order by row_number() over (partition by r.tenant_id order by r.ended_at), r.ended_at
            limit ?""";

    private static final String REMOVE = """
            with due as (
            %s
            ), removed as (
                delete from runs r using due d where r.id = d.run_id and r.tenant_id = d.tenant_id and r.ended_at is not null
                returning d.*
            ), untold as (
                delete from events e using removed d where e.tenant_id = d.tenant_id and e.run_id = d.run_id
            ), unjudged as (
                delete from verdicts v using removed d where v.tenant_id = d.tenant_id and v.run_id = d.run_id
            ), unasked as (
                delete from approvals a using removed d where a.tenant_id = d.tenant_id and a.run_id = d.run_id
            ), told as (
                select tenant_id, json_build_object('sweepId', cast(? as uuid), 'runs', json_agg(run_id)) as data
                from removed group by tenant_id
            ), %s
            select * from removed""".formatted(
            VERDICT.formatted(SweepStatements.locked("runs", "id", "r") + """

            join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
                        and r.ended_at <= statement_timestamp() - p.retention"""), TenantTimeline.NUMBER_AND_RECORD);

    private final Database database;

    protected Retention() { // for the proxy
        this(null);
    }

    @Inject
    Retention(Database database) {
        this.database = database;
    }

    /** What is due: to be shown, or as much of it of each lane as leaves room for all the others. */
    public List<Verdict> find(Warrant warrant, int limit) {
        return warrant.rows(database)
                .query(FIND, Verdict::of, limit, warrant.dryRun(), warrant.tenant(), warrant.tenant(), limit);
    }

    // Whoever serves a tenant cannot take away what was told: a tenant's own sweep, too, removes in the role for all.
    public List<Verdict> remove(Warrant warrant, List<UUID> runs) {
        return database.everybody()
                .query(
                        REMOVE,
                        Verdict::of,
                        Array.ids(runs),
                        warrant.tenant(),
                        warrant.tenant(),
                        warrant.sweepId(),
                        "runs_removed",
                        "reaper",
                        warrant.node(),
                        warrant.correlationId());
    }
}
