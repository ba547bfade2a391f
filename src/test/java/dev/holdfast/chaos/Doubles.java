package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.chaos.Finding.Defect;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What may be there once, and is there twice. */
record Doubles(History history, List<Finding> findings) {
    private record Once(String run, Object what) {}

    void check() {
        twice(
                history.runs().stream().filter(run -> run.key() != null),
                run -> new Once(null, "the submit " + run.key()),
                "made two runs");
        twice(
                history.calls(Kind.SUBMIT, Outcome.OK)
                        .map(call -> new Once(call.run(), call.token()))
                        .distinct(),
                once -> new Once(null, "the submit " + once.what()),
                "was answered with two runs");
        twice(
                history.calls(Kind.CLAIM, Outcome.OK),
                call -> new Once(call.run(), "fence " + call.fence()),
                "was given to two owners");
        twice(
                history.calls(Kind.COMPLETE, Outcome.OK)
                        .map(call -> new Once(call.run(), call.fence()))
                        .distinct(),
                once -> new Once(once.run(), "the run"),
                "was completed by two owners");
        history.runs().forEach(this::check);
    }

    private void check(History.Stored run) {
        twice(run.lines("completed"), line -> new Once(run.id(), "the run"), "has been completed twice");
        twice(run.lines("claimed"), line -> new Once(run.id(), "fence " + line.fence()), "has been claimed twice");
        twice(
                run.lines("worker.step").filter(line -> line.token() != null),
                line -> new Once(run.id(), "the event " + line.token()),
                "is there twice");
        twice(run.lines("redeemed"), line -> new Once(run.id(), line.token()), "has been redeemed twice");
        twice(
                Stream.of("approved", "denied", "approval_expired").flatMap(run::lines),
                line -> new Once(run.id(), "the question " + line.token()),
                "has ended twice");
        for (var question : run.questions()) {
            if (question.deciders().size() > 1) {
                add(run.id(), "the question " + question.id() + " was decided by " + question.deciders());
            }
        }
    }

    private <T> void twice(Stream<T> all, Function<T, Once> what, String verb) {
        all.collect(Collectors.groupingBy(what, Collectors.counting())).forEach((once, number) -> {
            if (number > 1) {
                add(once.run(), once.what() + " " + verb);
            }
        });
    }

    private void add(String run, String what) {
        findings.add(new Finding(Defect.DOUBLED, run, what));
    }
}
