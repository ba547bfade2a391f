package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What callers know of what they did, and what is stored when all is over: all that the checker looks at. */
final class History {
    private final List<Call> calls;
    private final Map<String, Stored> runs = new HashMap<>();
    private final Map<String, List<Call>> byRun = new HashMap<>();

    History(List<Call> calls, List<Stored> stored) {
        this.calls = List.copyOf(calls);
        stored.forEach(run -> runs.put(run.id(), run));
        calls.forEach(call -> byRun.computeIfAbsent(call.run(), run -> new java.util.ArrayList<>())
                .add(call));
    }

    /**
     * A run as it is stored.
     *
     * @param key its idempotency key
     * @param leased the fence of its lease; null if it has none
     */
    record Stored(
            String id,
            String key,
            String state,
            long fence,
            Long leased,
            List<Line> timeline,
            List<Question> questions) {
        Stream<Line> lines(String type) {
            return timeline.stream().filter(line -> line.type().equals(type));
        }
    }

    /**
     * One event.
     *
     * @param from null of a line that is no move, or the first one; as {@code to}
     * @param by of the actor: a worker's id
     * @param waitingFor of a line that suspends its run
     * @param token an approval's id, or what a worker's event carries; null if neither
     */
    record Line(int seq, String type, String from, String to, long fence, String by, String waitingFor, String token) {
        boolean isMove() {
            return to != null;
        }
    }

    /** An approval. @param deciders who decided, in their own words; one is required */
    record Question(String id, String status, List<String> deciders) {}

    List<Call> calls() {
        return calls;
    }

    Stream<Call> calls(Kind kind, Outcome outcome) {
        return calls.stream().filter(call -> call.is(kind, outcome));
    }

    List<Call> callsOn(String run) {
        return byRun.getOrDefault(run, List.of());
    }

    List<Stored> runs() {
        return List.copyOf(runs.values());
    }

    /** Null if it is not stored. */
    Stored run(String id) {
        return runs.get(id);
    }
}
