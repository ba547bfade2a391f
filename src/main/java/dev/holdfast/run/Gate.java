package dev.holdfast.run;

import dev.holdfast.event.Actor;
import dev.holdfast.event.Timeline;
import dev.holdfast.run.Question.OnDeny;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceContext;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** People's answers, as they move the run that waits for one: within the caller's transaction, by compare-and-swap. */
@ApplicationScoped
public class Gate {
    @PersistenceContext
    EntityManager entities;

    private final Timeline timeline;
    private final Herald herald;

    protected Gate() { // for the proxy
        this(null, null);
    }

    @Inject
    Gate(Timeline timeline, Herald herald) {
        this.timeline = timeline;
        this.herald = herald;
    }

    /**
     * What somebody has said.
     *
     * @param reason null if none was given
     * @param data of the event, JSON
     */
    public record Word(
            UUID tenant, UUID run, UUID approval, Actor actor, String reason, String data, String correlationId) {}

    /** Lets the run go on. From here on its row is held. @throws OptimisticLockException if it waits no more */
    public void approve(Word word, Instant now) {
        var run = waiting(word);
        run.goOn(Move.APPROVED, word.approval(), now);
        moved(run, Move.APPROVED, word, now);
    }

    /** Lets the run go on with the denial, or ends it. @throws OptimisticLockException if it waits no more */
    public void deny(Word word, OnDeny onDeny, Instant now) {
        var run = waiting(word);
        switch (onDeny) {
            case CONTINUE -> run.goOn(Move.DENIED, word.approval(), now);
            case FAIL -> run.failDenied(word.reason(), now);
            case CANCEL -> run.cancelDenied(now);
        }
        moved(run, Move.DENIED, word, now);
    }

    /** Tells of a decision that is not the last: the run waits on. @throws OptimisticLockException if it waits no more */
    public void tell(Word word) {
        record("decided", null, null, waiting(word).fence(), word);
        herald.wrote(word.tenant(), List.of(word.run()));
    }

    private Run waiting(Word word) {
        return entities.createQuery("select r from Run r where r.id = :id and r.tenantId = :tenant", Run.class)
                .setParameter("id", word.run())
                .setParameter("tenant", word.tenant())
                .getResultStream()
                .filter(Run::awaitsApproval)
                .findFirst()
                .orElseThrow(() -> new OptimisticLockException("the run waits for no approval any more"));
    }

    private void moved(Run run, Move move, Word word, Instant now) {
        entities.flush();
        record(move.eventType(), run.lastState().id(), run.state().id(), run.fence(), word);
        herald.moved(word.tenant(), word.run(), run.lane(), run.state(), run.waitsAfter(now));
    }

    private void record(String type, String from, String to, long fence, Word word) {
        timeline.record(
                word.tenant(),
                word.run(),
                type,
                word.actor(),
                from,
                to,
                fence,
                word.reason(),
                word.data(),
                word.correlationId(),
                null);
    }
}
