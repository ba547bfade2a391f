package dev.holdfast.chaos;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What all callers of a load have written down. */
class Notes {
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Queue<String> breaches = new ConcurrentLinkedQueue<>();
    private final Queue<String> unavailable = new ConcurrentLinkedQueue<>();

    void add(Call call) {
        calls.add(call);
    }

    /** An answer that must not be, whatever fails: a 5xx that tells of no fault, or one against the published contract. */
    void breach(String what) {
        breaches.add(what);
    }

    /** @param what a 503: whose, where, and what it says */
    void unavailable(String what) {
        unavailable.add(what);
    }

    List<String> unavailable() {
        return List.copyOf(unavailable);
    }

    /** Answers 503 so far. */
    int timesUnavailable() {
        return unavailable.size();
    }

    /** Whether this worker knows that it owns the run. */
    boolean hasClaimed(String who, String run, long fence) {
        return has(Call.Kind.CLAIM, who, run, fence);
    }

    /** Whether this owner has been told what came of its completion of the run. */
    boolean hasTriedToComplete(String who, String run, long fence) {
        return has(Call.Kind.COMPLETE, who, run, fence);
    }

    private boolean has(Call.Kind kind, String who, String run, long fence) {
        return calls.stream()
                .anyMatch(call -> call.kind() == kind
                        && call.outcome() != Call.Outcome.UNKNOWN
                        && call.who().equals(who)
                        && run.equals(call.run())
                        && call.fence() == fence);
    }

    List<Call> calls() {
        return List.copyOf(calls);
    }

    List<String> breaches() {
        return List.copyOf(breaches);
    }
}
