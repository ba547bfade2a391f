package dev.holdfast.run;

import dev.holdfast.event.Actor;
import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.UUID;

/** People's moves, each a transaction: the entity is loaded, judged, moved and flushed as a compare-and-swap. */
@ApplicationScoped
class RunDesk {
    @PersistenceContext
    EntityManager entities;

    private final Database database;
    private final Leases leases;
    private final Timeline timeline;

    protected RunDesk() { // for the proxy
        this(null, null, null);
    }

    @Inject
    RunDesk(Database database, Leases leases, Timeline timeline) {
        this.database = database;
        this.leases = leases;
        this.timeline = timeline;
    }

    /** @param cancelled whether this call ended the run @param state as it now is, so is the version */
    record Cancelled(boolean cancelled, RunState state, long version) {}

    /** Somebody else moved the run between reading and writing it; nothing was written. */
    static final class LostRace extends RuntimeException {
        private static final long serialVersionUID = 1;

        LostRace() {
            super("the run was moved meanwhile", null, false, false);
        }
    }

    /**
     * @throws LostRace or an OptimisticLockException if the run was moved meanwhile
     * @throws Problem 404 if unknown, 412 if it is not at the expected version
     */
    @Transactional
    Cancelled cancel(UUID tenant, UUID id, Actor actor, String reason, Long expected, String correlationId) {
        var run = load(tenant, id, expected);
        if (!run.isCancellable()) {
            return new Cancelled(false, run.state(), run.version());
        }
        var words = run.isInFlight() ? leases.close(tenant, id, run.fence()).orElseThrow(LostRace::new) : null;
        run.cancel(now());
        entities.flush();
        if (words != null) {
            leases.keep(tenant, id, words);
        }
        timeline.record(
                tenant,
                id,
                Move.CANCELLED.eventType(),
                actor,
                run.lastState().id(),
                run.state().id(),
                run.fence(),
                reason,
                null,
                correlationId);
        return new Cancelled(true, run.state(), run.version());
    }

    private Run load(UUID tenant, UUID id, Long expected) {
        database.of(tenant).enter();
        var run = entities.createQuery("select r from Run r where r.id = :id and r.tenantId = :tenant", Run.class)
                .setParameter("id", id)
                .setParameter("tenant", tenant)
                .getResultStream()
                .findFirst()
                .orElseThrow(() -> new Unknown("run", id));
        if (expected != null && expected != run.version()) {
            throw new Problem(412, "version_mismatch", "The run has been moved since version " + expected + ".")
                    .with("currentVersion", run.version());
        }
        return run;
    }

    private Instant now() {
        var now = entities.createNativeQuery("select statement_timestamp()").getSingleResult();
        return now instanceof OffsetDateTime time ? time.toInstant() : ((java.sql.Timestamp) now).toInstant();
    }
}
