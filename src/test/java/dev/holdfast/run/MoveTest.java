package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MoveTest {
    /**
     * The life of a run as it is specified, a line a move: its name, where it may start, where it may lead. A place is a
     * state, {@code suspended:why}, or {@code state:stale} for what is allowed only when the owner counts as dead.
     */
    private static final String SPECIFIED = """
            submitted        |                                                                                | queued suspended
            claimed          | queued                                                                         | claimed
            started          | claimed                                                                        | running
            completed        | claimed running                                                                | completed
            failed           | claimed running                                                                | failed
            retried          | claimed running                                                                | queued
            released         | claimed running                                                                | queued
            suspended        | claimed running                                                                | suspended
            approved         | suspended:approval                                                             | queued
            denied           | suspended:approval                                                             | queued failed cancelled
            approval_expired | suspended:approval                                                             | failed queued cancelled
            woken            | suspended:timer                                                                | queued
            reaped           | claimed running                                                                | queued failed
            queue_expired    | queued                                                                         | failed
            run_expired      | queued claimed running suspended:approval suspended:operator suspended:timer        | failed
            paused           | queued claimed running                                                         | suspended
            resumed          | failed suspended:operator claimed:stale running:stale                          | queued claimed
            cancelled        | queued claimed running suspended:approval suspended:operator suspended:timer failed | cancelled
            """;

    private static final Map<String, Row> TABLE = table();

    private record Row(Set<String> from, Set<String> to) {}

    /** A place that a run can be in. Staleness is a matter of runs in flight only; the others must not care. */
    record Situation(RunState state, WaitingFor waitingFor, boolean stale) {
        static Stream<Situation> all() {
            return Arrays.stream(RunState.values())
                    .flatMap(state -> state == RunState.SUSPENDED
                            ? Arrays.stream(WaitingFor.values()).map(why -> new Situation(state, why, false))
                            : Stream.of(new Situation(state, null, false)))
                    .flatMap(fresh -> Stream.of(fresh, new Situation(fresh.state, fresh.waitingFor, true)));
        }

        /** The names under which the table may let a move start here. */
        Set<String> names() {
            var name = waitingFor == null ? state.id() : state.id() + ":" + waitingFor.id();
            return stale && RunState.IN_FLIGHT.contains(state) ? Set.of(name, name + ":stale") : Set.of(name);
        }
    }

    record Pair(Move move, Situation situation) {}

    static Stream<Pair> pairs() {
        return Arrays.stream(Move.values())
                .flatMap(move -> Situation.all().map(situation -> new Pair(move, situation)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void isLegalExactlyWhereItIsSpecified(Pair pair) {
        var situation = pair.situation;
        var specified = row(pair.move).from.stream().anyMatch(situation.names()::contains);

        assertThat(pair.move.allowedFrom(situation.state, situation.waitingFor, situation.stale))
                .isEqualTo(specified);
    }

    @ParameterizedTest
    @MethodSource("moves")
    void leadsExactlyWhereItIsSpecified(Move move) {
        assertThat(move.targets()).extracting(RunState::id).containsExactlyInAnyOrderElementsOf(row(move).to);
    }

    @Test
    void everySpecifiedRowIsAMoveAndEveryPlaceOfItIsExercised() {
        assertThat(Arrays.stream(Move.values()).map(Move::eventType)).containsExactlyElementsOf(TABLE.keySet());
        var exercised = Situation.all().flatMap(at -> at.names().stream()).collect(Collectors.toSet());
        TABLE.forEach((move, row) -> assertThat(exercised).as(move).containsAll(row.from));
    }

    @Test
    void theFinalStatesAreLeftByNoMove() {
        for (var end : List.of(RunState.COMPLETED, RunState.CANCELLED)) {
            assertThat(Move.values()).noneMatch(move -> move.allowedFrom(end, null, true));
        }
    }

    @Test
    void aNewRunComesFromNowhere() {
        assertThat(Situation.all())
                .noneMatch(at -> Move.SUBMITTED.allowedFrom(at.state(), at.waitingFor(), at.stale()));
    }

    @ParameterizedTest
    @MethodSource("moves")
    void closesTheLeaseIfItTakesTheRunFromItsOwner(Move move) {
        var fromAnOwner =
                row(move).from.stream().anyMatch(place -> place.startsWith("claimed") || place.startsWith("running"));

        assertThat(move.closesLease()).isEqualTo(fromAnOwner && move != Move.STARTED);
        assertThat(Move.leaseClosingTypes().contains("'" + move.eventType() + "'"))
                .isEqualTo(move.closesLease());
    }

    @Test
    void guardsAStatementByStates() {
        assertThat(Move.CLAIMED.guard("r")).isEqualTo("(r.state in ('queued'))");
        assertThat(Move.COMPLETED.guard("runs")).isEqualTo("(runs.state in ('claimed', 'running'))");
        assertThat(Move.CANCELLED.guard("r"))
                .isEqualTo("(r.state in ('queued', 'claimed', 'running', 'suspended', 'failed'))");
    }

    @Test
    void guardsAStatementByWhatTheRunWaitsFor() {
        assertThat(Move.WOKEN.guard("r")).isEqualTo("(r.waiting_for = 'timer')");
        assertThat(Move.APPROVED.guard("r")).isEqualTo("(r.waiting_for = 'approval')");
    }

    @Test
    void guardsAResumeOnlyWhereNobodyNeedsToBeStale() {
        assertThat(Move.RESUMED.guard("r")).isEqualTo("(r.state in ('failed') or r.waiting_for = 'operator')");
    }

    @Test
    void guardsAResumeWhereTheOwnerMustBeStaleByThatToo() {
        assertThat(Move.RESUMED.guard("r", "dead"))
                .isEqualTo("((r.state in ('failed') or r.waiting_for = 'operator')"
                        + " or (r.state in ('claimed', 'running') and dead))");
        assertThat(Move.CLAIMED.guard("r", "dead")).isEqualTo(Move.CLAIMED.guard("r"));
    }

    @Test
    void drawsEachMoveAsSpecified() {
        var drawn = new TreeSet<String>();
        Move.diagram().lines().skip(1).filter(line -> line.contains(": ")).forEach(line -> {
            var arrow = line.strip().split(": ", 2);
            Arrays.stream(arrow[1].split(", ")).forEach(move -> drawn.add(arrow[0] + ": " + move));
        });

        var specified = new TreeSet<String>();
        TABLE.forEach((move, row) -> row.to.forEach(target -> (row.from.isEmpty() ? Set.of("[*]") : row.from)
                .forEach(place -> specified.add(place.split(":")[0] + " --> " + target + ": " + move))));
        assertThat(drawn).isEqualTo(specified);
        assertThat(Move.diagram())
                .startsWith("stateDiagram-v2\n")
                .endsWith("    completed --> [*]\n    cancelled --> [*]\n");
    }

    @Test
    void isDrawnInTheReadmeAsItIs() throws IOException {
        var readme = Path.of("README.md");
        assumeTrue(Files.exists(readme), "there is no README yet");

        var drawn = Files.readString(readme).split("<!-- moves -->|<!-- /moves -->", -1);
        assertThat(drawn)
                .as("parts of the README, the second between the markers")
                .hasSize(3);
        assertThat(drawn[1].strip()).isEqualTo("```mermaid\n" + Move.diagram() + "```");
    }

    static Set<Move> moves() {
        return EnumSet.allOf(Move.class);
    }

    private static Row row(Move move) {
        return TABLE.get(move.name().toLowerCase(Locale.ROOT));
    }

    private static Map<String, Row> table() {
        var table = new LinkedHashMap<String, Row>();
        SPECIFIED.lines().forEach(line -> {
            var cells = line.split("\\|");
            table.put(cells[0].strip(), new Row(places(cells[1]), places(cells[2])));
        });
        return table;
    }

    private static Set<String> places(String cell) {
        return cell.isBlank() ? Set.of() : Set.of(cell.strip().split(" +"));
    }
}
