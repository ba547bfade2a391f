package dev.holdfast.chaos;

import static dev.holdfast.chaos.Call.Kind.APPROVE;
import static dev.holdfast.chaos.Call.Kind.ASK;
import static dev.holdfast.chaos.Call.Kind.BEAT;
import static dev.holdfast.chaos.Call.Kind.CANCEL;
import static dev.holdfast.chaos.Call.Kind.CLAIM;
import static dev.holdfast.chaos.Call.Kind.COMPLETE;
import static dev.holdfast.chaos.Call.Kind.DENY;
import static dev.holdfast.chaos.Call.Kind.EVENT;
import static dev.holdfast.chaos.Call.Kind.KEY;
import static dev.holdfast.chaos.Call.Kind.REDEEM;
import static dev.holdfast.chaos.Call.Kind.SUBMIT;
import static dev.holdfast.chaos.Call.Outcome.OK;
import static dev.holdfast.chaos.Call.Outcome.REFUSED;
import static dev.holdfast.chaos.Call.Outcome.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.chaos.Finding.Defect;
import dev.holdfast.chaos.History.Line;
import dev.holdfast.chaos.History.Question;
import dev.holdfast.chaos.History.Stored;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A checker that finds nothing proves nothing: each defect, put into a good history, is found and called by its name. */
class CheckerTest {
    /** Three runs: one asks, is approved and completed; one loses its owner; one is cancelled while it is worked on. */
    private static final class Told {
        final List<Call> calls = new ArrayList<>();
        final Map<String, Stored> runs = new TreeMap<>();
        long clock;

        Told() {
            say(SUBMIT, OK, "p", "asks", 0, "k1");
            say(CLAIM, OK, "w1", "asks", 1, null);
            say(BEAT, OK, "w1", "asks", 1, null);
            say(EVENT, OK, "w1", "asks", 1, "e1");
            say(ASK, OK, "w1", "asks", 1, "q1");
            say(APPROVE, OK, "a1", "asks", 0, "q1");
            say(DENY, REFUSED, "a2", "asks", 0, "q1");
            say(CLAIM, UNKNOWN, "w2", null, 0, null);
            say(REDEEM, OK, "w2", "asks", 2, "q1");
            say(COMPLETE, UNKNOWN, "w2", "asks", 2, null);
            say(COMPLETE, OK, "w2", "asks", 2, null);
            say(KEY, REFUSED, "w2", "asks", 2, null);
            store(
                    "asks",
                    "k1",
                    List.of(new Question("q1", "approved", List.of("a1"))),
                    line("submitted", null, "queued", 0, "p", null),
                    line("claimed", "queued", "claimed", 1, "w1", null),
                    line("started", "claimed", "running", 1, "w1", null),
                    line("worker.step", null, null, 1, "w1", "e1"),
                    line("suspended", "running", "suspended", 1, "w1", "q1"),
                    line("approved", "suspended", "queued", 1, "a1", "q1"),
                    line("claimed", "queued", "claimed", 2, "w2", null),
                    line("redeemed", null, null, 2, "w2", "q1"),
                    line("completed", "claimed", "completed", 2, "w2", null));

            say(SUBMIT, OK, "p", "reaped", 0, "k2");
            say(CLAIM, OK, "w1", "reaped", 1, null);
            say(CLAIM, OK, "w2", "reaped", 3, null);
            say(COMPLETE, REFUSED, "w1", "reaped", 1, null);
            say(KEY, OK, "w2", "reaped", 3, null);
            say(COMPLETE, OK, "w2", "reaped", 3, null);
            store(
                    "reaped",
                    "k2",
                    List.of(),
                    line("submitted", null, "queued", 0, "p", null),
                    line("claimed", "queued", "claimed", 1, "w1", null),
                    line("reaped", "claimed", "queued", 2, "node", null),
                    line("claimed", "queued", "claimed", 3, "w2", null),
                    line("completed", "claimed", "completed", 3, "w2", null));

            say(SUBMIT, OK, "p", "cancelled", 0, "k3");
            say(CLAIM, OK, "w1", "cancelled", 1, null);
            say(CANCEL, OK, "c", "cancelled", 0, null);
            say(KEY, REFUSED, "w1", "cancelled", 1, null);
            store(
                    "cancelled",
                    "k3",
                    List.of(),
                    line("submitted", null, "queued", 0, "p", null),
                    line("claimed", "queued", "claimed", 1, "w1", null),
                    line("cancelled", "claimed", "cancelled", 2, "c", null));
        }

        void say(Kind kind, Outcome outcome, String who, String run, long fence, String token) {
            calls.add(new Call(kind, outcome, who, run, fence, token, ++clock, ++clock));
        }

        void store(String id, String key, List<Question> questions, Line... lines) {
            var last = lines[lines.length - 1];
            runs.put(id, new Stored(id, key, last.to(), last.fence(), null, numbered(List.of(lines)), questions));
        }

        void change(String run, UnaryOperator<Stored> change) {
            runs.compute(run, (id, stored) -> change.apply(stored));
        }

        /** The timeline with this line before the last one. */
        void insert(String run, Line line) {
            retell(run, lines -> lines.add(lines.size() - 1, line));
        }

        void retell(String run, Consumer<List<Line>> change) {
            change(run, old -> {
                var lines = new ArrayList<>(old.timeline());
                change.accept(lines);
                return new Stored(
                        old.id(), old.key(), old.state(), old.fence(), old.leased(), numbered(lines), old.questions());
            });
        }

        List<Finding> checked() {
            return Checker.check(new History(calls, List.copyOf(runs.values())));
        }
    }

    private record Spoilt(String how, Defect defect, Consumer<Told> spoil) {}

    @Test
    void nothingIsFoundInAGoodHistory() {
        assertThat(new Told().checked()).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> eachDefectIsFoundAndCalledByItsName() {
        return spoilt().map(spoilt -> DynamicTest.dynamicTest(spoilt.defect + ": " + spoilt.how, () -> {
            var told = new Told();
            spoilt.spoil.accept(told);
            assertThat(told.checked()).extracting(Finding::defect).contains(spoilt.defect);
        }));
    }

    private static Stream<Spoilt> spoilt() {
        return Stream.of(lost(), doubled(), stale(), phantoms(), disorders(), keys())
                .flatMap(all -> all);
    }

    private static Stream<Spoilt> lost() {
        return Stream.of(
                new Spoilt("an acknowledged run is missing", Defect.LOST, told -> told.runs.remove("reaped")),
                new Spoilt(
                        "a run waits for ever",
                        Defect.LOST,
                        told -> told.store(
                                "reaped",
                                "k2",
                                List.of(),
                                line("submitted", null, "queued", 0, "p", null),
                                line("claimed", "queued", "claimed", 1, "w1", null))),
                new Spoilt(
                        "an acknowledged complete is undone",
                        Defect.LOST,
                        told -> told.retell("reaped", lines -> lines.remove(lines.size() - 1))),
                new Spoilt(
                        "an acknowledged event is missing",
                        Defect.LOST,
                        told -> told.retell("asks", lines -> lines.removeIf(line -> "e1".equals(line.token())))),
                new Spoilt(
                        "an acknowledged decision is missing",
                        Defect.LOST,
                        told -> told.change("asks", run -> asking(run, List.of()))),
                new Spoilt(
                        "an acknowledged cancel is missing",
                        Defect.LOST,
                        told -> told.store(
                                "cancelled",
                                "k3",
                                List.of(),
                                line("submitted", null, "queued", 0, "p", null),
                                line("claimed", "queued", "claimed", 1, "w1", null),
                                line("failed", "claimed", "failed", 1, "w1", null))));
    }

    private static Stream<Spoilt> doubled() {
        return Stream.of(
                new Spoilt(
                        "a run is completed twice",
                        Defect.DOUBLED,
                        told -> told.insert("reaped", line("completed", "claimed", "completed", 3, "w2", null))),
                new Spoilt(
                        "two owners get one fence",
                        Defect.DOUBLED,
                        told -> told.say(CLAIM, OK, "w9", "reaped", 3, null)),
                new Spoilt(
                        "two owners are told that they completed",
                        Defect.DOUBLED,
                        told -> told.say(COMPLETE, OK, "w1", "reaped", 1, null)),
                new Spoilt(
                        "one submit makes two runs",
                        Defect.DOUBLED,
                        told -> told.store(
                                "again",
                                "k2",
                                List.of(),
                                line("submitted", null, "queued", 0, "p", null),
                                line("cancelled", "queued", "cancelled", 1, "c", null))),
                new Spoilt(
                        "one question is decided twice",
                        Defect.DOUBLED,
                        told -> told.change("asks", run -> asking(run, List.of("a1", "a2")))),
                new Spoilt(
                        "one approval is redeemed twice",
                        Defect.DOUBLED,
                        told -> told.insert("asks", line("redeemed", null, null, 2, "w2", "q1"))),
                new Spoilt(
                        "one event is written twice",
                        Defect.DOUBLED,
                        told -> told.insert("asks", line("worker.step", null, null, 2, "w2", "e1"))));
    }

    private static Stream<Spoilt> stale() {
        return Stream.of(
                new Spoilt(
                        "a late heartbeat is welcomed",
                        Defect.STALE_ACCEPTED,
                        told -> told.say(BEAT, OK, "w1", "reaped", 1, null)),
                new Spoilt(
                        "a late event is written",
                        Defect.STALE_ACCEPTED,
                        told -> told.insert("reaped", line("worker.step", null, null, 1, "w1", "e9"))),
                new Spoilt(
                        "a late complete counts",
                        Defect.STALE_ACCEPTED,
                        told -> told.retell(
                                "reaped",
                                lines -> lines.set(
                                        lines.size() - 1, line("completed", "claimed", "completed", 1, "w1", null)))));
    }

    private static Stream<Spoilt> phantoms() {
        return Stream.of(
                new Spoilt(
                        "a run that nobody submitted",
                        Defect.PHANTOM,
                        told -> told.store(
                                "ghost",
                                "k9",
                                List.of(),
                                line("submitted", null, "queued", 0, "p", null),
                                line("queue_expired", "queued", "failed", 0, "node", null))),
                new Spoilt(
                        "an event that nobody wrote",
                        Defect.PHANTOM,
                        told -> told.insert("asks", line("worker.step", null, null, 2, "w2", "e9"))),
                new Spoilt(
                        "a decision by somebody who was refused",
                        Defect.PHANTOM,
                        told -> told.change("asks", run -> asking(run, List.of("a2")))),
                new Spoilt(
                        "a complete that was refused and happened",
                        Defect.PHANTOM,
                        told -> told.calls.replaceAll(
                                call -> call.kind() == COMPLETE && call.run().equals("reaped")
                                        ? new Call(
                                                COMPLETE,
                                                REFUSED,
                                                call.who(),
                                                call.run(),
                                                call.fence(),
                                                null,
                                                call.sentAt(),
                                                call.endedAt())
                                        : call)),
                new Spoilt(
                        "a claim that nobody made",
                        Defect.PHANTOM,
                        told -> told.calls.removeIf(call -> call.is(CLAIM, UNKNOWN))));
    }

    private static Stream<Spoilt> disorders() {
        return Stream.of(
                new Spoilt(
                        "a cancelled run goes on",
                        Defect.OUT_OF_ORDER,
                        told -> told.retell(
                                "cancelled",
                                lines -> lines.add(line("claimed", "cancelled", "claimed", 3, "w1", null)))),
                new Spoilt(
                        "a run goes on without its approval",
                        Defect.OUT_OF_ORDER,
                        told -> told.retell(
                                "asks",
                                lines -> lines.replaceAll(line -> line.type().equals("approved")
                                        ? line("woken", "suspended", "queued", 1, "node", null)
                                        : line))),
                new Spoilt(
                        "a move is missing in between",
                        Defect.OUT_OF_ORDER,
                        told -> told.retell(
                                "reaped",
                                lines -> lines.removeIf(line -> line.type().equals("reaped")))),
                new Spoilt(
                        "a number is missing",
                        Defect.OUT_OF_ORDER,
                        told -> told.change(
                                "asks",
                                run -> new Stored(
                                        run.id(),
                                        run.key(),
                                        run.state(),
                                        run.fence(),
                                        null,
                                        run.timeline().stream()
                                                .filter(line -> line.seq() != 8)
                                                .toList(),
                                        run.questions()))),
                new Spoilt(
                        "a claim leaves the fence where it was",
                        Defect.OUT_OF_ORDER,
                        told -> told.retell(
                                "cancelled",
                                lines -> lines.set(1, line("claimed", "queued", "claimed", 0, "w1", null)))),
                new Spoilt(
                        "the row is elsewhere than its timeline",
                        Defect.OUT_OF_ORDER,
                        told -> told.change(
                                "cancelled",
                                run -> new Stored(
                                        run.id(), run.key(), "failed", 2, null, run.timeline(), run.questions()))));
    }

    private static Stream<Spoilt> keys() {
        return Stream.of(
                new Spoilt(
                        "a key outlives its complete",
                        Defect.KEY_OUTLIVED,
                        told -> told.say(KEY, OK, "w2", "asks", 2, null)),
                new Spoilt(
                        "a key outlives the next claim",
                        Defect.KEY_OUTLIVED,
                        told -> told.say(KEY, OK, "w1", "reaped", 1, null)),
                new Spoilt(
                        "a key outlives a cancel",
                        Defect.KEY_OUTLIVED,
                        told -> told.say(KEY, OK, "w1", "cancelled", 1, null)),
                new Spoilt(
                        "a lease outlives its run",
                        Defect.KEY_OUTLIVED,
                        told -> told.change(
                                "reaped",
                                run -> new Stored(
                                        run.id(),
                                        run.key(),
                                        run.state(),
                                        run.fence(),
                                        3L,
                                        run.timeline(),
                                        run.questions()))));
    }

    @Test
    void aCallSurvivesThePipe() {
        for (var call : new Told().calls) {
            assertThat(Call.read(call.written())).isEqualTo(call);
        }
    }

    private static Stored asking(Stored run, List<String> deciders) {
        return new Stored(
                run.id(),
                run.key(),
                run.state(),
                run.fence(),
                run.leased(),
                run.timeline(),
                List.of(new Question("q1", "approved", deciders)));
    }

    private static Line line(String type, String from, String to, long fence, String by, String token) {
        return new Line(0, type, from, to, fence, by, token == null ? null : "approval", token);
    }

    private static List<Line> numbered(List<Line> lines) {
        var numbered = new ArrayList<Line>();
        for (var line : lines) {
            numbered.add(new Line(
                    numbered.size() + 1,
                    line.type(),
                    line.from(),
                    line.to(),
                    line.fence(),
                    line.by(),
                    line.waitingFor(),
                    line.token()));
        }
        return numbered;
    }
}
