package dev.holdfast.chaos;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What all callers of a load have written down. */
class Notes {
    private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
    private final Queue<String> breaches = new ConcurrentLinkedQueue<>();

    void add(Call call) {
        calls.add(call);
    }

    /** An answer that must not be, whatever fails: a 5xx that tells of no fault, or one against the published contract. */
    void breach(String what) {
        breaches.add(what);
    }

    List<Call> calls() {
        return List.copyOf(calls);
    }

    List<String> breaches() {
        return List.copyOf(breaches);
    }
}
