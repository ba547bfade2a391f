package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.run.WaitingRoom.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WaitingRoomTest {
    private static final UUID TENANT = UUID.randomUUID();

    private final WaitingRoom<String> room = new WaitingRoom<>();

    @Test
    void nobodyIsAskedWhileNothingStirs() {
        seated("a", "x");
        assertThat(room.next()).isEmpty();
        stir("y");
        assertThat(room.next()).isEmpty();
    }

    @Test
    void ofFiftyWhoWaitOneAsksAndIfItFindsNothingNobodyElse() {
        IntStream.range(0, 50).forEach(i -> seated("w" + i, "x"));
        stir("x");
        stir("x");

        var first = turn("w0");
        assertThat(room.next()).as("one after the other").isEmpty();
        nothingFor(first);
        assertThat(room.next()).isEmpty();
    }

    @Test
    void asLongAsSomethingIsFoundTheNextOneAsksTheLongestWaitingFirst() {
        var asked = new ArrayList<String>();
        IntStream.range(0, 50).forEach(i -> seated("w" + i, "x"));
        stir("x");
        for (int runs = 3; ; runs--) {
            var turn = room.next().orElseThrow();
            asked.add(turn.holder());
            if (runs == 0) {
                nothingFor(turn);
                break;
            }
            somethingFor(turn);
        }
        assertThat(room.next()).isEmpty();
        assertThat(asked).containsExactly("w0", "w1", "w2", "w3");

        stir("x");
        turn("w3"); // kept its place
    }

    @Test
    void whatStirsWhileOneAsksIsAskedForAgain() {
        seated("a", "x");
        stir("x");
        var first = turn("a");
        stir("x");
        assertThat(room.next()).isEmpty();
        nothingFor(first);
        nothingFor(turn("a"));
        assertThat(room.next()).isEmpty();
    }

    @Test
    void whatStirsBeforeOneSitsDownIsNotMissed() {
        var arriving = room.arrive("a", places("x"));
        stir("x");
        assertThat(room.next()).isEmpty();
        room.sit(arriving);
        turn("a");
    }

    @Test
    void whoFindsNothingInItsOwnLanesHasNotLookedIntoTheOthers() {
        seated("both", "x", "y");
        seated("z-only", "z");
        Stream.of("x", "y", "z").forEach(this::stir);

        var both = turn("both"); // for x and y
        var other = turn("z-only");
        nothingFor(both);
        nothingFor(other);
        assertThat(room.next()).isEmpty();
    }

    @Test
    void whoFindsSomethingInOneLaneLeavesTheOthersToBeAskedFor() {
        seated("both", "x", "y");
        seated("y-only", "y");
        seated("x-only", "x");
        stir("x");
        stir("y");

        somethingFor(turn("both"));
        assertThat(List.of(
                        room.next().orElseThrow().holder(),
                        room.next().orElseThrow().holder()))
                .containsExactlyInAnyOrder("y-only", "x-only");
    }

    @Test
    void aLaneThatStirsWhileItsOnlyOneAsksForAnotherWaitsForIt() {
        seated("both", "x", "y");
        stir("x");
        var turn = turn("both");
        stir("y");
        assertThat(room.next()).isEmpty();
        nothingFor(turn);
        turn("both");
    }

    @Test
    void oneWhoLeavesInTheMidstLetsTheNextOneAsk() {
        seated("a", "x");
        seated("b", "x");
        stir("x");
        var turn = turn("a");
        room.leave(turn.ticket());
        room.end(turn, true);
        turn("b");
    }

    @Test
    void whoAsksIsNotAnsweredByAnybodyElse() {
        var ticket = seated("a", "x");
        stir("x");
        var turn = turn("a");
        assertThat(room.rise(ticket)).isFalse();
        nothingFor(turn);
        assertThat(room.rise(ticket)).isTrue();
        assertThat(room.rise(ticket)).isFalse();
        assertThat(room.places()).isEmpty();
    }

    @Test
    void whoWaitsForNothingCanRiseOnce() {
        var ticket = seated("a");
        assertThat(room.rise(ticket)).isTrue();
        assertThat(room.rise(ticket)).isFalse();
    }

    @Test
    void aLaneIsQuietWhileOthersHaveFoundNothingThere() {
        assertThat(room.isQuiet(room.arrive("first", places("x")))).isFalse();
        seated("a", "x");
        var later = room.arrive("later", places("x"));
        assertThat(room.isQuiet(later)).isTrue();
        assertThat(room.isQuiet(room.arrive("of both", places("x", "y")))).isFalse();
        stir("x");
        assertThat(room.isQuiet(later)).isFalse();
        var turn = turn("a");
        assertThat(room.isQuiet(later)).isFalse();
        nothingFor(turn);
        assertThat(room.isQuiet(later)).isTrue();
    }

    @Test
    void roomMattersToLimitedLanesOnly() {
        seated("a", "x");
        room.know(place("x"), false);
        room.stirIfLimited(place("x"));
        assertThat(room.next()).isEmpty();
        room.know(place("x"), true);
        room.stirIfLimited(place("x"));
        turn("a");
    }

    @Test
    void notTooManyAskAtOnce() {
        IntStream.range(0, 100).forEach(i -> seated("w" + i, "lane" + i));
        IntStream.range(0, 100).forEach(i -> stir("lane" + i));
        var turns =
                Stream.generate(room::next).takeWhile(turn -> turn.isPresent()).toList();
        assertThat(turns).hasSize(8);
        nothingFor(turns.get(0).orElseThrow());
        assertThat(room.next()).isPresent();
    }

    private WaitingRoom<String>.Ticket seated(String who, String... lanes) {
        var ticket = room.arrive(who, places(lanes));
        room.sit(ticket);
        return ticket;
    }

    private void stir(String lane) {
        room.stir(place(lane));
    }

    private WaitingRoom<String>.Turn turn(String expected) {
        var turn = room.next().orElseThrow();
        assertThat(turn.holder()).isEqualTo(expected);
        return turn;
    }

    private void nothingFor(WaitingRoom<String>.Turn turn) {
        room.sit(turn.ticket());
        room.end(turn, false);
    }

    private void somethingFor(WaitingRoom<String>.Turn turn) {
        room.leave(turn.ticket());
        room.end(turn, true);
    }

    private static List<Place> places(String... lanes) {
        return Stream.of(lanes).map(WaitingRoomTest::place).toList();
    }

    private static Place place(String lane) {
        return new Place(TENANT, lane);
    }
}
