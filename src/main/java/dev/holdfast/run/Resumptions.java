package dev.holdfast.run;

import dev.holdfast.lane.Staleness;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/** Which runs a resume would move: said once, for the list of them and for the answer to a resume that moved nothing. */
@ApplicationScoped
class Resumptions {
    /** Whether the run {@code r}, of the lease {@code l} and lane {@code p} that it may have, may be resumed by the table. */
    static final String ALLOWED = Move.RESUMED.guard("r", Staleness.STALE);

    private static final String RIVAL = """
            (select o.id from runs o
             where o.tenant_id = r.tenant_id and o.lane = r.lane and o.subject = r.subject and o.id <> r.id
               and o.state in ('queued', 'claimed', 'running', 'suspended') limit 1)""";

    /** Whether its subject is free for the run {@code r}: an active run has it already, one that failed may have lost it. */
    static final String SUBJECT_FREE = "(r.state <> 'failed' or " + RIVAL + " is null)";

    private static final String FACTS = """
            select r.state, r.waiting_for, r.version, coalesce(%s, false) as allowed, %s as rival
            from runs r %s
            where r.tenant_id = ? and r.id = ?""".formatted(ALLOWED, RIVAL, Runs.WITH_LEASE);

    // No column of the entity: as an entity's null it would go as text, which PostgreSQL does not take for json.
    private static final String FORGET = """
            update runs set failure_details = null where id = ? and tenant_id = ? and failure_details is not null
            returning id""";

    private final Database database;

    protected Resumptions() { // for the proxy
        this(null);
    }

    @Inject
    Resumptions(Database database) {
        this.database = database;
    }

    /** @param rival another active run of its subject, null if there is none */
    private record Facts(RunState state, WaitingFor waitingFor, long version, boolean allowed, UUID rival) {
        static Facts of(ResultSet row) throws SQLException {
            return new Facts(
                    RunState.of(row.getString("state")),
                    WaitingFor.of(row.getString("waiting_for")),
                    row.getLong("version"),
                    row.getBoolean("allowed"),
                    row.getObject("rival", UUID.class));
        }
    }

    /**
     * Why a resume moved nothing, by the run as it is now; empty if it would move now, or has another version than the
     * one that was asked for.
     *
     * @param expected null for any
     * @throws Unknown if there is no such run
     */
    Optional<Problem> whyNot(UUID tenant, UUID run, Long expected) {
        var now = database.of(tenant).one(FACTS, Facts::of, tenant, run).orElseThrow(() -> new Unknown("run", run));
        if (expected != null && expected != now.version()) {
            return Optional.empty();
        }
        if (!now.allowed()) {
            return Optional.of(new NotResumable(run, now.state(), now.waitingFor()));
        }
        return Optional.ofNullable(now.rival()).map(SubjectActive::new);
    }

    /** Clears the details of the failure that a resume has cleared; called after the flush. */
    void forgetDetails(UUID tenant, UUID run) {
        database.of(tenant).one(FORGET, row -> true, run, tenant);
    }
}
