package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database;
import dev.holdfast.run.Explanation.Liveness;
import dev.holdfast.run.Explanation.Reason;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Explains runs out of what the claim and the reaper would look at, at one instant of the database's clock. */
@ApplicationScoped
class Explanations {
    private static final String FACTS = """
            select r.state, r.waiting_for, r.available_at, r.ended_at, r.failure_code, r.failure_message, r.worker_id,
                   r.concurrency_key, p.name as lane, p.paused, p.max_in_flight, p.heartbeat,
                   r.available_at > statement_timestamp() as early,
                   r.available_at + coalesce(r.queue_timeout, p.queue_timeout) as queue_until,
                   coalesce(statement_timestamp() >= r.available_at + coalesce(r.queue_timeout, p.queue_timeout), false) as queue_over,
                   r.submitted_at + coalesce(r.run_timeout, p.run_timeout) as run_until,
                   coalesce(statement_timestamp() >= r.submitted_at + coalesce(r.run_timeout, p.run_timeout), false) as run_over,
                   (select count(*) from leases b where b.tenant_id = r.tenant_id and b.lane = r.lane
                      and b.concurrency_key is not distinct from r.concurrency_key) as busy,
                   exists (select from pollers w where w.tenant_id = r.tenant_id and r.lane = any (w.lanes)
                      and w.last_poll_at > statement_timestamp() - interval 'PT1M') as polled,
                   (select max(w.last_poll_at) from pollers w where w.tenant_id = r.tenant_id and r.lane = any (w.lanes)) as last_poll,
                   (select max(e.at) from events e where e.tenant_id = r.tenant_id and e.run_id = r.id and e.to_state is not null) as since,
                   l.claimed_at, l.last_heartbeat_at, %1$s as stale_at, coalesce(%2$s, false) as stale, %3$s as rule,
                   extract(epoch from case when %3$s = 'claim_expired' then p.claim_timeout else p.heartbeat_timeout end) as limit_seconds,
                   greatest(p.held_until, (select judging_since from reaper) + p.heartbeat_timeout) as judged_from,
                   q.id as approval_id, q.title, q.deadline, q.deadline <= statement_timestamp() as unanswered,
                   v.tenant_id, v.run_id, v.phase, v.rule as verdict_rule, v.outcome, v.at, v.evidence
            from runs r
            join lanes p on p.tenant_id = r.tenant_id and p.name = r.lane
            left join leases l on l.tenant_id = r.tenant_id and l.run_id = r.id
            left join approvals q on q.tenant_id = r.tenant_id and q.run_id = r.id and q.status = 'pending'
            left join lateral (select * from verdicts d where d.tenant_id = r.tenant_id and d.run_id = r.id
                               order by d.at desc limit 1) v on true
            where r.tenant_id = ? and r.id = ?""".formatted(Staleness.EXPIRES_AT, Staleness.STALE, Staleness.RULE);

    private final Database database;

    protected Explanations() { // for the proxy
        this(null);
    }

    @Inject
    Explanations(Database database) {
        this.database = database;
    }

    Optional<Explanation> of(UUID tenant, UUID run) {
        return database.of(tenant).one(FACTS, Explanations::toExplanation, tenant, run);
    }

    private static Explanation toExplanation(ResultSet row) throws SQLException {
        var state = RunState.of(row.getString("state"));
        return new Explanation(state, because(state, row), liveness(row), verdict(row));
    }

    private static List<Reason> because(RunState state, ResultSet row) throws SQLException {
        var since = instant(row, "since");
        return switch (state) {
            case QUEUED -> whyQueued(row, since);
            case CLAIMED, RUNNING ->
                List.of(new Reason(
                        "in_flight",
                        "Worker " + row.getString("worker_id") + " holds it.",
                        instant(row, "claimed_at"),
                        null));
            case SUSPENDED -> List.of(whySuspended(row, since));
            case COMPLETED -> List.of(new Reason("completed", "It has ended well.", since, null));
            case CANCELLED -> List.of(new Reason("cancelled", "It was cancelled.", since, null));
            case FAILED ->
                List.of(new Reason(
                        "failed",
                        "It has failed: " + row.getString("failure_code")
                                + Optional.ofNullable(row.getString("failure_message"))
                                        .map(message -> ", " + message)
                                        .orElse("."),
                        since,
                        null));
        };
    }

    private static List<Reason> whyQueued(ResultSet row, Instant since) throws SQLException {
        var reasons = new ArrayList<Reason>();
        var lane = row.getString("lane");
        if (row.getBoolean("run_over")) {
            reasons.add(new Reason(
                    "run_timeout",
                    "Its total time is over; the next sweep fails it.",
                    instant(row, "run_until"),
                    null));
        }
        if (row.getBoolean("queue_over")) {
            reasons.add(new Reason(
                    "queue_timeout",
                    "It waited too long; the next sweep fails it.",
                    instant(row, "queue_until"),
                    null));
        }
        if (row.getBoolean("early")) {
            reasons.add(new Reason(
                    "not_yet_available", "It is not to be claimed yet.", since, instant(row, "available_at")));
        }
        if (row.getBoolean("paused")) {
            reasons.add(new Reason("lane_paused", "Lane " + lane + " is paused.", null, null));
        }
        var limit = row.getObject("max_in_flight", Integer.class);
        if (limit != null && row.getLong("busy") >= limit) {
            var key = row.getString("concurrency_key");
            reasons.add(new Reason(
                    key == null ? "lane_full" : "concurrency_key_full",
                    (key == null ? "Lane " + lane : "The run's concurrency key") + " is full, " + row.getLong("busy")
                            + "/" + limit + ".",
                    null,
                    null));
        }
        if (!row.getBoolean("polled")) {
            reasons.add(new Reason("no_worker", "No worker polls lane " + lane + ".", instant(row, "last_poll"), null));
        }
        if (reasons.isEmpty()) {
            reasons.add(new Reason("waiting_for_worker", "It waits for its turn.", instant(row, "available_at"), null));
        }
        return reasons;
    }

    private static Reason whySuspended(ResultSet row, Instant since) throws SQLException {
        return switch (row.getString("waiting_for")) {
            case "timer" ->
                new Reason("sleeping", "It sleeps by its worker's wish.", since, instant(row, "available_at"));
            case "operator" -> new Reason("paused", "An operator has paused it; resume continues it.", since, null);
            default -> whyGated(row, since);
        };
    }

    private static Reason whyGated(ResultSet row, Instant since) throws SQLException {
        return new Reason(
                "gated",
                "It waits for a person's approval, %s \"%s\", until %s%s."
                        .formatted(
                                row.getString("approval_id"),
                                row.getString("title"),
                                instant(row, "deadline"),
                                row.getBoolean("unanswered") ? ": the next sweep ends it" : ""),
                since,
                instant(row, "deadline"));
    }

    private static Liveness liveness(ResultSet row) throws SQLException {
        if (row.getObject("claimed_at") == null) {
            return null;
        }
        var staleAt = instant(row, "stale_at");
        var judgedFrom = instant(row, "judged_from");
        return new Liveness(
                row.getString("rule"),
                row.getString("heartbeat"),
                Duration.ofNanos(
                        row.getBigDecimal("limit_seconds").movePointRight(9).longValue()),
                instant(row, "claimed_at"),
                instant(row, "last_heartbeat_at"),
                staleAt,
                row.getBoolean("stale"),
                judgedFrom != null && judgedFrom.isAfter(staleAt) ? judgedFrom : null);
    }

    private static Verdict verdict(ResultSet row) throws SQLException {
        return row.getObject("run_id") == null
                ? null
                : new Verdict(
                        row.getObject("tenant_id", UUID.class),
                        row.getObject("run_id", UUID.class),
                        row.getString("phase"),
                        row.getString("verdict_rule"),
                        row.getString("outcome"),
                        instant(row, "at"),
                        row.getString("evidence"));
    }
}
