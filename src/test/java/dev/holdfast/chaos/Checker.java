package dev.holdfast.chaos;

import dev.holdfast.chaos.Finding.Defect;
import java.util.ArrayList;
import java.util.List;

/** Holds what callers were told against what is stored, when all is over. Pure: the same history, the same findings. */
final class Checker {
    private final History history;
    private final List<Finding> findings = new ArrayList<>();

    private Checker(History history) {
        this.history = history;
    }

    static List<Finding> check(History history) {
        var checker = new Checker(history);
        checker.acknowledged();
        new Doubles(history, checker.findings).check();
        new Fences(history, checker.findings).check();
        new Phantoms(history, checker.findings).check();
        history.runs().forEach(run -> new Order(run, checker.findings).check());
        return checker.findings;
    }

    private void acknowledged() {
        for (var call : history.calls()) {
            if (call.outcome() == Call.Outcome.OK && call.kind() != Call.Kind.KEY) {
                acknowledged(call);
            }
        }
        for (var run : history.runs()) {
            if (!List.of("completed", "failed", "cancelled").contains(run.state())) {
                lost(run.id(), "has never ended: it is " + run.state());
            }
        }
    }

    private void acknowledged(Call call) {
        var run = history.run(call.run());
        if (run == null) {
            lost(call.run(), "is not stored: " + call);
        } else if (run.timeline().stream().noneMatch(call::explains)) {
            lost(call.run(), "no event tells of " + call);
        } else if (decides(call) && undecided(run, call)) {
            lost(call.run(), "no decision is stored of " + call);
        }
    }

    private static boolean decides(Call call) {
        return call.kind() == Call.Kind.APPROVE || call.kind() == Call.Kind.DENY;
    }

    private static boolean undecided(History.Stored run, Call call) {
        return run.questions().stream()
                .noneMatch(question -> question.id().equals(call.token())
                        && question.deciders().contains(call.who()));
    }

    private void lost(String run, String what) {
        findings.add(new Finding(Defect.LOST, run, what));
    }
}
