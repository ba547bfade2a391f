package dev.holdfast.approval;

import dev.holdfast.event.Actor;
import dev.holdfast.platform.database.Database;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.Gate;
import dev.holdfast.run.Gate.Word;
import dev.holdfast.run.Question.OnDeny;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.UUID;

/** People's decisions, each a transaction: judged, then written as a compare-and-swap; run, decision, approval. */
@ApplicationScoped
class ApprovalDesk {
    @PersistenceContext
    EntityManager entities;

    private final Approvals approvals;
    private final Gate gate;
    private final Database database;

    protected ApprovalDesk() { // for the proxy
        this(null, null, null);
    }

    @Inject
    ApprovalDesk(Approvals approvals, Gate gate, Database database) {
        this.approvals = approvals;
        this.gate = gate;
        this.database = database;
    }

    /** What an approver says. @param reason null if none is given @param argsDigest that it is about; null if unsaid */
    record Choice(boolean approved, String reason, String argsDigest) {}

    /** @param missing how many more have to approve; null if the approval has ended */
    record Decided(ApprovalRow approval, Integer missing) {}

    /**
     * @throws OptimisticLockException or another {@linkplain dev.holdfast.platform.database.ExpectedErrors#lostRace lost
     *     race} if somebody else was first; nothing was written
     * @throws Problem saying why the decision does not count
     */
    @Transactional
    Decided decide(UUID tenant, UUID id, Approver by, Choice choice, String correlationId) {
        var row = approvals.find(tenant, id).orElseThrow(() -> new Unknown("approval", id));
        Judgement.check(row, by, choice.argsDigest(), database.of(tenant).now());
        var approval = load(tenant, row);
        int missing = choice.approved() ? row.required() - row.deciders().size() - 1 : 0;
        move(row, by, choice, missing, correlationId);
        // The run's row is held from here on; the wait for it may have outlasted the deadline.
        var now = database.of(tenant).now();
        Judgement.checkOpen(row, now);
        entities.persist(new Decision(tenant, id, by, choice.approved(), choice.reason(), now));
        entities.flush();
        if (missing > 0) {
            entities.lock(approval, LockModeType.OPTIMISTIC_FORCE_INCREMENT);
        } else {
            approval.end(choice.approved() ? Status.APPROVED : Status.DENIED, now);
        }
        entities.flush();
        return new Decided(approvals.find(tenant, id).orElseThrow(), missing > 0 ? missing : null);
    }

    private void move(ApprovalRow row, Approver by, Choice choice, int missing, String correlationId) {
        var word = word(row, by, choice, correlationId);
        if (missing > 0) {
            gate.tell(word);
        } else if (choice.approved()) {
            gate.approve(word, database.of(word.tenant()).now());
        } else {
            gate.deny(
                    word,
                    OnDeny.valueOf(row.onDeny().toUpperCase(Locale.ROOT)),
                    database.of(word.tenant()).now());
        }
    }

    private static Word word(ApprovalRow row, Approver by, Choice choice, String correlationId) {
        var data = new LinkedHashMap<String, Object>();
        data.put("approvalId", row.id());
        data.put("slot", row.slot());
        data.put("action", row.action());
        data.put("approved", choice.approved());
        return new Word(
                by.caller().tenant(),
                row.runId(),
                row.id(),
                new Actor(Actor.Kind.APPROVER, by.name()),
                choice.reason(),
                Json.write(data),
                correlationId);
    }

    /** The entity at the version that was judged. */
    private Approval load(UUID tenant, ApprovalRow judged) {
        return entities.createQuery(
                        "select a from Approval a where a.id = :id and a.tenantId = :tenant", Approval.class)
                .setParameter("id", judged.id())
                .setParameter("tenant", tenant)
                .getResultStream()
                .filter(approval -> approval.version() == judged.version())
                .findFirst()
                .orElseThrow(() -> new OptimisticLockException("the approval was changed while it was judged"));
    }
}
