package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.chaos.Finding.Defect;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is stored though nobody asked for it, or though who asked was refused. */
record Phantoms(History history, List<Finding> findings) {

    void check() {
        var submitted = history.calls().stream()
                .filter(call -> call.kind() == Kind.SUBMIT && call.mayHaveHappened())
                .map(Call::token)
                .collect(Collectors.toSet());
        for (var run : history.runs()) {
            if (!submitted.contains(run.key())) {
                add(run.id(), "nobody submitted it");
            }
            run.timeline().stream()
                    .filter(line -> !asked(run, line))
                    .forEach(line -> add(run.id(), "nobody asked for " + line));
            undecided(run);
        }
        claims();
    }

    private boolean asked(History.Stored run, History.Line line) {
        var kinds = Stream.of(Kind.values())
                .filter(kind -> kind != Kind.SUBMIT && kind != Kind.CLAIM && kind.events.contains(line.type()))
                .collect(Collectors.toSet());
        return kinds.isEmpty()
                || history.callsOn(run.id()).stream()
                        .anyMatch(call -> kinds.contains(call.kind()) && call.mayHaveHappened() && call.explains(line));
    }

    private void undecided(History.Stored run) {
        for (var question : run.questions()) {
            for (var decider : question.deciders()) {
                if (history.callsOn(run.id()).stream()
                        .noneMatch(call -> (call.kind() == Kind.APPROVE || call.kind() == Kind.DENY)
                                && call.mayHaveHappened()
                                && call.who().equals(decider)
                                && question.id().equals(call.token()))) {
                    add(run.id(), decider + " never decided " + question.id());
                }
            }
        }
    }

    /** A claim that nobody was told of is a lost reply, if its worker misses one. */
    private void claims() {
        var told = new HashSet<String>();
        var unanswered = new HashMap<String, Integer>();
        for (var call : history.calls()) {
            if (call.is(Kind.CLAIM, Outcome.OK)) {
                told.add(claim(call.run(), call.fence(), call.who()));
            } else if (call.is(Kind.CLAIM, Outcome.UNKNOWN)) {
                unanswered.merge(call.who(), 1, Integer::sum);
            }
        }
        for (var run : history.runs()) {
            run.lines("claimed")
                    .filter(line -> !told.contains(claim(run.id(), line.fence(), line.by())))
                    .filter(line -> unanswered.merge(line.by(), -1, Integer::sum) < 0)
                    .forEach(line -> add(run.id(), "nobody claimed it: " + line));
        }
    }

    private static String claim(String run, long fence, String who) {
        return run + " " + fence + " " + who;
    }

    private void add(String run, String what) {
        findings.add(new Finding(Defect.PHANTOM, run, what));
    }
}
