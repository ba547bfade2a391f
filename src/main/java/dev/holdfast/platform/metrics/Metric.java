package dev.holdfast.platform.metrics;

import java.util.List;

/**
 * What {@code /metrics} says of Holdfast, by the names that it has there. A label's values are few and known: states,
 * codes, names of tenants and lanes; never a run's id or a payload. Counters are this node's since its start.
 */
public enum Metric {
    RUNS("holdfast_runs", "Active runs", "tenant", "lane", "state"),
    QUEUE_OLDEST("holdfast_queue_oldest_seconds", "How long the oldest claimable run has waited", "tenant", "lane"),
    CLAIMS("holdfast_claims_total", "Runs handed to workers"),
    CLAIM_WAIT("holdfast_claim_wait_seconds", "From when a run could be claimed until it was"),
    WAITING_CLAIMS("holdfast_waiting_claims", "Claims that wait for work on this node"),
    MOVES("holdfast_moves_total", "Moves of runs", "move"),
    LATE_WRITES_REFUSED("holdfast_late_writes_refused_total", "Writes whose fence is no present owner's", "route"),
    KEYS_ISSUED("holdfast_keys_issued_total", "Keys handed out, run keys included"),
    KEYS_REVOKED(
            "holdfast_keys_revoked_total",
            "Keys that ended before their time, and those that ended with their claim",
            "why"),
    AUTH_FAILURES("holdfast_auth_failures_total", "Requests that no caller could be made of", "reason"),
    REAPED("holdfast_reaped_total", "Runs taken from dead owners", "code", "outcome"),
    POSSIBLE_OVERLAP(
            "holdfast_possible_overlap_seconds_total",
            "From the last sign of life of each owner that was taken for dead to the next claim of its run: so long both may have worked"),
    APPROVALS("holdfast_approvals", "Approvals, whether they wait or have ended", "status"),
    APPROVAL_OLDEST("holdfast_approval_oldest_seconds", "How long the oldest pending approval has waited"),
    DECISIONS("holdfast_decisions_total", "What people have decided", "decision"),
    POOL_IN_USE("holdfast_db_pool_in_use", "Connections to the database that are lent", "pool"),
    STREAMS("holdfast_streams", "Live streams that are open"),
    WEBHOOK_DELIVERIES("holdfast_webhook_deliveries_total", "Attempts to deliver events to webhooks", "outcome"),
    WEBHOOK_OLDEST(
            "holdfast_webhook_oldest_seconds",
            "How long the oldest event has waited that an enabled webhook has not got past"),
    SWEEP_AGE("holdfast_sweep_age_seconds", "Since the last successful sweep of any node"),
    SWEEP_TIME("holdfast_sweep_seconds", "How long sweeps take");

    final String title;
    final String help;
    final List<String> labels;

    Metric(String title, String help, String... labels) {
        this.title = title;
        this.help = help;
        this.labels = List.of(labels);
    }
}
