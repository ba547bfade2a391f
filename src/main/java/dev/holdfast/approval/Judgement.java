package dev.holdfast.approval;

import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.problem.Problem;
import java.time.Instant;

/** Whether a decision may count: a pure function of the approval, the approver and the database's time. */
final class Judgement {
    private Judgement() {}

    /** @throws Problem 403, 409 or 410, saying why it does not */
    static void check(ApprovalRow approval, Approver by, String argsDigest, Instant now) {
        if (by.hasAsked(approval)) {
            throw new Problem(
                    403, "own_approval", "Whoever asked, or works on the run, cannot decide; somebody else has to.");
        }
        if (!by.isAmong(approval.approvers())) {
            throw new Problem(
                    403, "not_an_approver", "This approval names its approvers, and the caller is none of them.");
        }
        checkOpen(approval, now);
        if (argsDigest != null && !argsDigest.equals(approval.argsDigest())) {
            throw new Problem(
                            409,
                            "approval_mismatch",
                            "The decision is about other args than the approval's; read it again.")
                    .with("argsDigest", approval.argsDigest());
        }
        if (approval.deciders().contains(by.id())) {
            throw new Problem(
                            409,
                            "approver_already_decided",
                            "This approver has decided already; the approval waits for others.")
                    .with("decisions", Json.stored(approval.decisions()));
        }
    }

    /** The deadline itself is too late, whether a sweep has found it passed or not. */
    static void checkOpen(ApprovalRow approval, Instant now) {
        var late = approval.status() == Status.PENDING && !now.isBefore(approval.deadline());
        if (late || approval.status() == Status.EXPIRED) {
            throw new Problem(410, "approval_expired", "Nobody decided by the deadline; the decision comes too late.")
                    .with("currentStatus", approval.status())
                    .with("deadline", approval.deadline())
                    .with("endedAt", approval.endedAt());
        }
        if (approval.status() != Status.PENDING) {
            throw new Problem(
                            409,
                            "approval_already_decided",
                            "The approval has ended: it is %s."
                                    .formatted(approval.status().id()))
                    .with("currentStatus", approval.status())
                    .with("decisions", Json.stored(approval.decisions()))
                    .with("endedAt", approval.endedAt());
        }
    }
}
