package dev.holdfast.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.approval.ApprovalDesk.Choice;
import dev.holdfast.approval.ApprovalDesk.Decided;
import dev.holdfast.key.Caller;
import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.json.Canonical;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.run.Question;
import dev.holdfast.run.Questions;
import dev.holdfast.run.WorkerLifecycle;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What workers and people do with approvals. */
@ApplicationScoped
public class ApprovalLifecycle {
    /** A lost race is judged anew on what the winner left; nobody can be that unlucky. */
    private static final int TRIES = 10;

    private final Approvals approvals;
    private final ApprovalDesk desk;
    private final Questions questions;
    private final WorkerLifecycle workers;
    private final ApprovalMetrics metrics;

    protected ApprovalLifecycle() { // for the proxy
        this(null, null, null, null, null);
    }

    @Inject
    ApprovalLifecycle(
            Approvals approvals,
            ApprovalDesk desk,
            Questions questions,
            WorkerLifecycle workers,
            ApprovalMetrics metrics) {
        this.approvals = approvals;
        this.desk = desk;
        this.questions = questions;
        this.workers = workers;
        this.metrics = metrics;
    }

    /** @param isNew false if the run had asked the same before: then it was not suspended */
    record Asked(ApprovalRow approval, boolean isNew) {}

    /** Asks, as the owner of the run, which then waits. */
    Asked ask(Caller caller, UUID run, long fence, Question question, String correlationId) {
        return workers.asOwner(
                "approvals",
                caller,
                run,
                fence,
                () -> askNow(caller, run, fence, question, correlationId).or(() -> approvals
                        .askedBefore(caller.tenant(), run, fence, question.slot(), question.digest())
                        .map(before -> new Asked(before, false))),
                () -> new InvalidRequest("deadline", Question.DEADLINE));
    }

    /** Lets the owner of the run do, once, what was approved. */
    ApprovalRow redeem(Caller caller, UUID id, long fence, JsonNode args, String correlationId) {
        var approval = approvals
                .find(caller.tenant(), id)
                .filter(found -> caller.sees(found.runId()))
                .orElseThrow(() -> new Unknown("approval", id));
        var digest = Canonical.digest(args);
        return workers.asOwner(
                "redeem",
                caller,
                approval.runId(),
                fence,
                () -> questions.redeem(caller.tenant(), approval.runId(), fence, id, digest, correlationId)
                        ? approvals.find(caller.tenant(), id)
                        : Optional.empty(),
                () -> whyNot(approvals.find(caller.tenant(), id).orElseThrow(), digest));
    }

    Decided decide(Caller caller, UUID id, Choice choice, String correlationId) {
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                var decided = desk.decide(caller.tenant(), id, Approver.of(caller), choice, correlationId);
                metrics.decided(choice.approved(), decided.missing() == null);
                return decided;
            } catch (RuntimeException e) {
                if (!ExpectedErrors.lostRace(e)) {
                    throw e;
                }
            }
        }
        throw ExpectedErrors.unavailable("a decision lost each race");
    }

    ApprovalRow find(Caller caller, UUID id) {
        return approvals.find(caller.tenant(), id).orElseThrow(() -> new Unknown("approval", id));
    }

    /** What a conversation waits for, oldest first. @param endUser null for all of its users */
    List<ApprovalRow> pending(Caller caller, String conversation, String endUser, int most) {
        if (endUser != null && approvals.isAnothers(caller.tenant(), conversation, endUser)) {
            throw new Problem(404, "not_found", "There is no such conversation of that user.");
        }
        return approvals.list(caller.tenant(), ApprovalFilter.pendingOf(conversation, endUser), most);
    }

    private Optional<Asked> askNow(Caller caller, UUID run, long fence, Question question, String correlationId) {
        var id = UuidCreator.getTimeOrderedEpoch();
        return questions.ask(caller.tenant(), run, fence, question, id, caller.id(), correlationId)
                ? approvals.find(caller.tenant(), id).map(asked -> new Asked(asked, true))
                : Optional.empty();
    }

    private static Problem whyNot(ApprovalRow approval, byte[] digest) {
        if (approval.redeemedAt() != null) {
            return new Problem(409, "approval_redeemed", "What was approved has been redeemed; it counts once.")
                    .with("redeemedAt", approval.redeemedAt());
        }
        if (!approval.argsDigest().equals(HexFormat.of().formatHex(digest))) {
            return new Problem(409, "approval_mismatch", "These are not the args that were approved.")
                    .with("argsDigest", approval.argsDigest());
        }
        return new Problem(
                        409,
                        "approval_not_approved",
                        "The approval is %s; only what was approved can be redeemed."
                                .formatted(approval.status().id()))
                .with("currentStatus", approval.status());
    }
}
