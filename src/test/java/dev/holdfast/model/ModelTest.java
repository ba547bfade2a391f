package dev.holdfast.model;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.run.Move;
import dev.holdfast.run.RunState;
import dev.holdfast.run.WaitingFor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol as a model, {@code src/test/model/holdfast.pml}, of which spin tries every order of events. It needs spin and
 * gcc.
 */
@Execution(ExecutionMode.CONCURRENT)
class ModelTest {
    private static final Path MODEL = Path.of("src/test/model");
    private static final Pattern STATES = Pattern.compile("(\\d+) states, stored");

    @TempDir
    Path directory;

    /** Where a run can be, as the model names it. */
    private record Place(String name, RunState state, WaitingFor waitingFor) {}

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "-DSLEEPS=0 -DRELEASES=0 -DFAILURES=0 -DREPLIES=0",
                "-DSLEEPS=0 -DRELEASES=0 -DFAILURES=0 -DASKS=0",
                "-DASKS=0 -DACTS=0",
                "-DWORKERS=3 -DASKS=0 -DSLEEPS=0 -DRELEASES=0 -DFAILURES=0 -DREPLIES=0",
                "-DRUNS=2 -DASKS=0 -DSLEEPS=0 -DRELEASES=0 -DFAILURES=0 -DREPLIES=0 -DACTS=0"
            })
    void noOrderOfEventsBreaksAPromise(String bounds) throws Exception {
        var verdict = verify(bounds);

        assertThat(verdict).contains("errors: 0").doesNotContain("max search depth too small");
        var states = STATES.matcher(verdict);
        assertThat(states.find()).isTrue();
        assertThat(Long.parseLong(states.group(1))).isGreaterThan(10_000);
    }

    /** Each bug is a rule of Holdfast left out; a model that does not miss it would promise nothing. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "1, a completion is accepted without its fence",
        "2, a heartbeat is accepted without its fence",
        "3, the reaper's write does not repeat what its search saw",
        "4, a cancelled run keeps its lease",
        "5, looking for a run and claiming it are two steps",
        "6, a claim does not raise the fence",
        "7, a decision is written though another was",
        "8, a decision is written after the deadline",
        "9, the reaper takes a run that is in nobody's hands",
        "10, the lease of a suspended run stays open",
        "11, an approval is redeemed twice",
        "12, a repeated submit makes the run again",
        "13, a move is committed without its event",
        "14, an owner who was heard again loses the run to a resume",
        "15, of two resumes both move the run"
    })
    void aRuleLeftOutIsFound(int bug, String name) throws Exception {
        assertThat(verify("-DSLEEPS=0 -DRELEASES=0 -DFAILURES=0 -DBUG=" + bug))
                .as(name)
                .contains("errors: 1");
    }

    @Test
    void itsMovesAreThoseOfTheTable() throws IOException {
        assertThat(Files.readString(MODEL.resolve("moves.pml"))).isEqualTo(moves());
    }

    private String verify(String bounds) throws Exception {
        assumeTrue(onThePath("spin") && onThePath("gcc"), "spin or gcc is not installed: the model is not checked");
        for (var file : List.of("holdfast.pml", "moves.pml")) {
            Files.copy(MODEL.resolve(file), directory.resolve(file));
        }
        say(Stream.concat(
                        Stream.of("spin", "-a"),
                        Stream.concat(Arrays.stream(bounds.split(" ")), Stream.of("holdfast.pml")))
                .toList());
        // -O0: to optimise each of these models takes longer than to try all its states.
        say(List.of("gcc", "-O0", "-DSAFETY", "-DCOLLAPSE", "-DVECTORSZ=2048", "-o", "pan", "pan.c"));
        return say(List.of("./pan", "-m200000"));
    }

    private String say(List<String> command) throws Exception {
        var process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        var said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as("%s: %s", command, said).isZero();
        return said;
    }

    private static boolean onThePath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private static String moves() {
        var places = places();
        var text = new StringBuilder("/* The table of moves, as ModelTest prints it. */\n#define NONE 0\n");
        for (var place : places) {
            text.append("#define %s %d%n".formatted(place.name, places.indexOf(place) + 1));
        }
        for (var move : Move.values()) {
            text.append("#define M_%s %d%n".formatted(move, move.ordinal()));
        }
        return text.append("#define LEGAL(m, from, stale, to) ( \\\n    ")
                .append(Stream.of(Move.values())
                        .flatMap(move -> rows(move, places))
                        .collect(joining(" || \\\n    ")))
                .append(")\n")
                .toString();
    }

    private static Stream<String> rows(Move move, List<Place> places) {
        if (move == Move.SUBMITTED) {
            return targets(move, places).map(to -> "(m == M_%s && from == NONE && to == %s)".formatted(move, to.name));
        }
        return places.stream()
                .filter(from -> move.allowedFrom(from.state, from.waitingFor, true))
                .flatMap(from -> targets(move, places).map(to -> row(move, from, to)));
    }

    private static String row(Move move, Place from, Place to) {
        var always = move.allowedFrom(from.state, from.waitingFor, false);
        return "(m == M_%s && from == %s && to == %s%s)".formatted(move, from.name, to.name, always ? "" : " && stale");
    }

    private static Stream<Place> targets(Move move, List<Place> places) {
        return places.stream().filter(place -> move.targets().contains(place.state));
    }

    private static List<Place> places() {
        var places = new ArrayList<Place>();
        for (var state : RunState.values()) {
            if (state == RunState.SUSPENDED) {
                for (var reason : WaitingFor.values()) {
                    places.add(new Place("WAITS_" + reason, state, reason));
                }
            } else {
                places.add(new Place(state.name(), state, null));
            }
        }
        return places;
    }
}
