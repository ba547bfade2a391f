package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.chaos.Finding.Defect;
import java.util.List;
import java.util.Set;

/** Whether a late owner was heard, and whether a key lived on: by what was answered before, and by the timeline. */
record Fences(History history, List<Finding> findings) {
    private static final Set<String> BY_OWNER =
            Set.of("started", "completed", "failed", "retried", "released", "suspended", "redeemed");
    private static final Set<String> IN_FLIGHT = Set.of("claimed", "running");

    void check() {
        for (var call : history.calls()) {
            if (call.outcome() == Outcome.OK && call.kind().fenced && claimedLater(call)) {
                add(Defect.STALE_ACCEPTED, call.run(), "counted though the run was another's: " + call);
            }
            if (call.is(Kind.KEY, Outcome.OK) && (claimedLater(call) || endedBefore(call))) {
                add(Defect.KEY_OUTLIVED, call.run(), "the key was let in after its claim had ended: " + call);
            }
        }
        history.runs().forEach(this::check);
    }

    private void check(History.Stored run) {
        long current = 0;
        for (var line : run.timeline()) {
            var byOwner = BY_OWNER.contains(line.type()) || line.type().startsWith("worker.");
            if (byOwner && line.fence() < current) {
                add(Defect.STALE_ACCEPTED, run.id(), "was at fence " + current + " when this was written: " + line);
            }
            current = Math.max(current, line.fence());
        }
        if (run.leased() != null && (run.leased() != run.fence() || !IN_FLIGHT.contains(run.state()))) {
            add(Defect.KEY_OUTLIVED, run.id(), "is " + run.state() + " and has a lease, at fence " + run.leased());
        }
    }

    /** Whether somebody had been told that the run was theirs before the call was sent. */
    private boolean claimedLater(Call call) {
        return history.callsOn(call.run()).stream()
                .anyMatch(other -> other.is(Kind.CLAIM, Outcome.OK)
                        && other.fence() > call.fence()
                        && other.endedAt() < call.sentAt());
    }

    private boolean endedBefore(Call call) {
        return history.callsOn(call.run()).stream()
                .anyMatch(other -> other.outcome() == Outcome.OK
                        && (other.kind().endsClaim() && other.fence() == call.fence() || other.kind() == Kind.CANCEL)
                        && other.endedAt() < call.sentAt());
    }

    private void add(Defect defect, String run, String what) {
        findings.add(new Finding(defect, run, what));
    }
}
