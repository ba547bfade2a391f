package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.Rows;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command in every situation: what the table of moves allows happens whole, what it does not changes nothing. */
class StatesAndCommandsIT {
    private final Api api = Api.at(Cluster.node(1).uri()).withKey(Cluster.BOOTSTRAP_KEY);
    private final Rows rows = Rows.ofCluster();

    record Pair(Situation situation, Command command) {}

    static Stream<Pair> pairs() {
        return Arrays.stream(Situation.values())
                .flatMap(situation -> Arrays.stream(Command.values()).map(command -> new Pair(situation, command)));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void I1_everyCommandInEveryStateIsAnsweredAsTheTableSays(Pair pair) {
        var lane = Situation.newLane("i1");
        var owner = pair.situation.bring(api, rows, lane);
        var before = api.run(owner.runId());
        assertThat(before.path("state").asText()).isEqualTo(pair.situation.state.id());
        var rowsBefore = rows.everythingOf(owner.runId());
        var expected = new Expectation(
                pair.command,
                pair.situation,
                before.path("version").asLong(),
                before.path("fence").asLong(),
                owner);

        var reply = pair.command.ask(api, owner, lane);

        var after = api.run(owner.runId());
        expected.check(reply, after, rows.all("""
                select type, from_state, to_state, fence from events
                where run_id = cast(? as uuid) and seq > cast(? as integer) order by seq""", owner.runId(), eventsOf(rowsBefore)));
        if (!expected.isLegal()) {
            assertThat(rows.everythingOf(owner.runId())).isEqualTo(rowsBefore);
        }
    }

    @AfterAll
    static void theRowsAreSound() {
        Rows.ofCluster().assertInvariants();
    }

    @Test
    void I1_noCommandIsForgotten() {
        var inTheDocument = Contract.published().operations().stream()
                .filter(operation -> operation.method().equals("POST"))
                .filter(operation ->
                        operation.path().matches("/api/v1/(runs/\\{id}/[a-z]+|approvals/\\{id}/decision|claims)"))
                .collect(Collectors.toSet());
        assertThat(Arrays.stream(Command.values()).map(Command::operation).collect(Collectors.toSet()))
                .isEqualTo(inTheDocument);
    }

    @Test
    void I1_noMoveIsForgotten() {
        var moves = EnumSet.of(Move.SUBMITTED);
        Arrays.stream(Command.values()).forEach(command -> moves.addAll(command.moves()));
        assertThat(moves).doesNotContainAnyElementsOf(Command.LATER);
        moves.addAll(Command.LATER);
        assertThat(moves).isEqualTo(EnumSet.allOf(Move.class));
    }

    @Test
    void I1_noSituationIsForgotten() {
        assertThat(Arrays.stream(Situation.values()).map(at -> at.state)).contains(RunState.values());
        assertThat(Arrays.stream(Situation.values()).map(at -> at.waitingFor)).contains(WaitingFor.values());
    }

    /** What guards the statements is the same table, as PostgreSQL reads it. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SUBMITTED")
    void I1_theGuardInSqlSaysWhatTheTableSays(Move move) {
        assertThat(allowed(move.guard("r")))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Situation.values())
                        .filter(at -> move.allowedFrom(at.state, at.waitingFor, false))
                        .toList());
        assertThat(allowed(move.guard("r", "r.stale")))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Situation.values())
                        .filter(at -> at.allows(move))
                        .toList());
    }

    private List<Situation> allowed(String guard) {
        var places = Arrays.stream(Situation.values())
                .map(at -> "(%d, '%s', %s, %s)"
                        .formatted(
                                at.ordinal(),
                                at.state.id(),
                                at.waitingFor == null ? "cast(null as text)" : "'" + at.waitingFor.id() + "'",
                                at.stale))
                .collect(Collectors.joining(", "));
        return rows
                .all("select place from (values %s) as r (place, state, waiting_for, stale) where %s"
                        .formatted(places, guard))
                .stream()
                .map(row -> Situation.values()[(int) row.get("place")])
                .toList();
    }

    private static int eventsOf(List<String> everything) {
        return (int)
                everything.stream().filter(row -> row.startsWith("[events ")).count();
    }
}
