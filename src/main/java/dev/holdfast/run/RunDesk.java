package dev.holdfast.run;

import dev.holdfast.event.Actor;
import dev.holdfast.event.Timeline;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.Leases.LastWords;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.OptimisticLockException;
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
    private final Runs runs;
    private final OpenQuestions questions;
    private final Herald herald;
    private final RunMetrics metrics;

    protected RunDesk() { // for the proxy
        this(null, null, null, null, null, null, null);
    }

    @Inject
    RunDesk(
            Database database,
            Leases leases,
            Timeline timeline,
            Runs runs,
            OpenQuestions questions,
            Herald herald,
            RunMetrics metrics) {
        this.database = database;
        this.leases = leases;
        this.timeline = timeline;
        this.runs = runs;
        this.questions = questions;
        this.herald = herald;
        this.metrics = metrics;
    }

    /** A move that a person wants. @param expected the version that the person has seen; null for any */
    record Order(UUID tenant, UUID run, Actor actor, String reason, Long expected, String correlationId) {
        /** The same for another run, whatever its version. */
        Order of(UUID other) {
            return new Order(tenant, other, actor, reason, null, correlationId);
        }
    }

    /** @param cancelled whether this call ended the run @param state as it now is, so is the version */
    record Cancelled(boolean cancelled, RunState state, long version) {}

    /** The run is not, or no longer, where its move starts; nothing was written. */
    static final class LostRace extends OptimisticLockException {
        private static final long serialVersionUID = 1;

        LostRace() {
            super("the run was moved meanwhile");
        }
    }

    /**
     * @throws LostRace or an OptimisticLockException if the run was moved meanwhile
     * @throws Problem 404 if unknown, 412 if it is not at the expected version
     */
    @Transactional
    Cancelled cancel(Order order) {
        var run = load(order);
        if (!run.isCancellable()) {
            return new Cancelled(false, run.state(), run.version());
        }
        var words = closeLease(order, run);
        var asked = run.awaitsApproval();
        run.cancel(now());
        write(order, Move.CANCELLED, run, words, null, null);
        if (asked) {
            questions.withdraw(order.tenant(), order.run());
        }
        return new Cancelled(true, run.state(), run.version());
    }

    /**
     * @throws LostRace or an OptimisticLockException if the run was moved meanwhile
     * @throws Problem 404 if unknown, 412 if it is not at the expected version, 409 if it cannot be paused
     */
    @Transactional
    RunRow pause(Order order) {
        var run = load(order);
        if (!run.isPausable()) {
            throw new IllegalMove(Move.PAUSED, run.state(), run.waitingFor());
        }
        var words = closeLease(order, run);
        run.pause();
        write(order, Move.PAUSED, run, words, null, null);
        return runs.find(order.tenant(), order.run()).orElseThrow();
    }

    /** @throws Problem 404 if unknown, 412 if it is not at the expected version */
    Run load(Order order) {
        database.of(order.tenant()).enter();
        var run = entities.createQuery("select r from Run r where r.id = :id and r.tenantId = :tenant", Run.class)
                .setParameter("id", order.run())
                .setParameter("tenant", order.tenant())
                .getResultStream()
                .findFirst()
                .orElseThrow(() -> new Unknown("run", order.run()));
        if (order.expected() != null && order.expected() != run.version()) {
            throw new Problem(412, "version_mismatch", "The run has been moved since version " + order.expected() + ".")
                    .with("currentVersion", run.version());
        }
        return run;
    }

    /**
     * Writes a move within its transaction: the entity first, where a lost race shows, then what statements alone write.
     *
     * @param words of the lease that the move closed; null if there was none
     * @param data of the event, as JSON or null
     * @param keyHash of the run key that the move hands out, or null
     */
    void write(Order order, Move move, Run run, LastWords words, String data, byte[] keyHash) {
        entities.flush();
        if (words != null) {
            leases.keep(order.tenant(), order.run(), words);
            metrics.endedKeys(move, 1);
        }
        timeline.record(
                order.tenant(),
                order.run(),
                move.eventType(),
                order.actor(),
                run.lastState().id(),
                run.state().id(),
                run.fence(),
                order.reason(),
                data,
                order.correlationId(),
                keyHash);
        herald.moved(order.tenant(), order.run(), run.lane(), run.state(), false);
    }

    Instant now() {
        var now = entities.createNativeQuery("select statement_timestamp()").getSingleResult();
        return now instanceof OffsetDateTime time ? time.toInstant() : ((java.sql.Timestamp) now).toInstant();
    }

    private LastWords closeLease(Order order, Run run) {
        return run.isInFlight()
                ? leases.close(order.tenant(), order.run(), run.fence()).orElseThrow(LostRace::new)
                : null;
    }
}
