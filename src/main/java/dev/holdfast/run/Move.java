package dev.holdfast.run;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The only table of legality: what is not a row here cannot happen to a run. SQL guards, event types, refusals and the
 * diagram in the README derive from it; the database repeats its invariants as CHECK constraints.
 */
public enum Move {
    SUBMITTED(from(), to(RunState.QUEUED, RunState.SUSPENDED)),
    CLAIMED(from(RunState.QUEUED), to(RunState.CLAIMED)),
    STARTED(from(RunState.CLAIMED), to(RunState.RUNNING)),
    COMPLETED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.COMPLETED)),
    FAILED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.FAILED)),
    RETRIED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.QUEUED)),
    RELEASED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.QUEUED)),
    SUSPENDED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.SUSPENDED)),
    APPROVED(suspended(WaitingFor.APPROVAL), to(RunState.QUEUED)),
    DENIED(suspended(WaitingFor.APPROVAL), to(RunState.QUEUED, RunState.FAILED, RunState.CANCELLED)),
    APPROVAL_EXPIRED(suspended(WaitingFor.APPROVAL), to(RunState.FAILED, RunState.QUEUED, RunState.CANCELLED)),
    WOKEN(suspended(WaitingFor.TIMER), to(RunState.QUEUED)),
    REAPED(from(RunState.CLAIMED, RunState.RUNNING), to(RunState.QUEUED, RunState.FAILED)),
    QUEUE_EXPIRED(from(RunState.QUEUED), to(RunState.FAILED)),
    RUN_EXPIRED(from(RunState.QUEUED, RunState.CLAIMED, RunState.RUNNING, RunState.SUSPENDED), to(RunState.FAILED)),
    PAUSED(from(RunState.QUEUED, RunState.CLAIMED, RunState.RUNNING), to(RunState.SUSPENDED)),
    RESUMED(
            from(RunState.FAILED).or(suspended(WaitingFor.OPERATOR)).orIfStale(RunState.CLAIMED, RunState.RUNNING),
            to(RunState.QUEUED, RunState.CLAIMED)),
    CANCELLED(
            from(RunState.QUEUED, RunState.CLAIMED, RunState.RUNNING, RunState.SUSPENDED, RunState.FAILED),
            to(RunState.CANCELLED));

    private final Sources from;
    private final Set<RunState> to;

    Move(Sources from, Set<RunState> to) {
        this.from = from;
        this.to = to;
    }

    /** The type of the event that this move writes. */
    public String eventType() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether a run may make this move.
     *
     * @param waitingFor null unless suspended
     * @param stale whether the lane's policy says that the owner is dead; matters to runs in flight only
     */
    public boolean allowedFrom(RunState state, WaitingFor waitingFor, boolean stale) {
        return from.places.stream().anyMatch(place -> place.matches(state, waitingFor, stale));
    }

    public Set<RunState> targets() {
        return to;
    }

    /** Whether the move takes a run out of its owner's hands: then its lease and run key end with it. */
    public boolean closesLease() {
        return this != STARTED && from.places.stream().anyMatch(place -> RunState.IN_FLIGHT.contains(place.state));
    }

    /** The event types of all moves that close a lease, as the body of an SQL {@code in (…)}. */
    public static String leaseClosingTypes() {
        return List.of(values()).stream()
                .filter(Move::closesLease)
                .map(move -> "'" + move.eventType() + "'")
                .collect(Collectors.joining(", "));
    }

    /** The SQL guard of this move over a row of {@code runs}; unconditional places only, staleness has its own. */
    public String guard(String run) {
        var states = states(place -> place.waitingFor == null && !place.onlyIfStale);
        var waits = from.places.stream()
                .filter(place -> place.waitingFor != null)
                .map(place -> "%s.waiting_for = '%s'".formatted(run, place.waitingFor.id()));
        var alternatives = new ArrayList<String>();
        if (!states.isEmpty()) {
            alternatives.add("%s.state in (%s)".formatted(run, states));
        }
        waits.forEach(alternatives::add);
        return "(" + String.join(" or ", alternatives) + ")";
    }

    /** The whole guard, where {@code stale}, an SQL condition, says of a run in flight whether its owner is dead. */
    public String guard(String run, String stale) {
        var states = states(place -> place.onlyIfStale);
        return states.isEmpty()
                ? guard(run)
                : "(%s or (%s.state in (%s) and %s))".formatted(guard(run), run, states, stale);
    }

    /** The table as a Mermaid state diagram, an arrow for each pair of states with the moves that make it. */
    public static String diagram() {
        var arrows = new LinkedHashMap<String, List<String>>();
        for (var move : values()) {
            var sources = move.from.places.isEmpty()
                    ? List.of("[*]")
                    : move.from.places.stream().map(place -> place.state.id()).toList();
            for (var source : sources) {
                for (var target : move.to) {
                    arrows.computeIfAbsent(source + " --> " + target.id(), arrow -> new ArrayList<>())
                            .add(move.eventType());
                }
            }
        }
        var lines = new StringBuilder("stateDiagram-v2\n");
        arrows.forEach((arrow, moves) -> lines.append(
                "    %s: %s%n".formatted(arrow, String.join(", ", moves)).replace("\r", "")));
        return lines.append("    completed --> [*]\n    cancelled --> [*]\n").toString();
    }

    private String states(Predicate<Place> which) {
        return from.places.stream()
                .filter(which)
                .map(place -> "'" + place.state.id() + "'")
                .collect(Collectors.joining(", "));
    }

    private static Sources from(RunState... states) {
        return new Sources(List.of()).and(null, false, states);
    }

    private static Sources suspended(WaitingFor reason) {
        return new Sources(List.of()).and(reason, false, RunState.SUSPENDED);
    }

    private static Set<RunState> to(RunState first, RunState... rest) {
        return EnumSet.of(first, rest);
    }

    private record Place(RunState state, WaitingFor waitingFor, boolean onlyIfStale) {
        boolean matches(RunState state, WaitingFor waitingFor, boolean stale) {
            return this.state == state
                    && (this.waitingFor == null || this.waitingFor == waitingFor)
                    && (stale || !onlyIfStale);
        }
    }

    private record Sources(List<Place> places) {
        Sources or(Sources other) {
            var all = new ArrayList<>(places);
            all.addAll(other.places);
            return new Sources(all);
        }

        Sources orIfStale(RunState... states) {
            return and(null, true, states);
        }

        Sources and(WaitingFor reason, boolean onlyIfStale, RunState... states) {
            var all = new ArrayList<>(places);
            for (var state : states) {
                all.add(new Place(state, reason, onlyIfStale));
            }
            return new Sources(all);
        }
    }
}
