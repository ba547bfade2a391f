package dev.holdfast.chaos;

import dev.holdfast.chaos.Finding.Defect;
import dev.holdfast.chaos.History.Line;
import dev.holdfast.chaos.History.Stored;
import dev.holdfast.run.Move;
import dev.holdfast.run.RunState;
import dev.holdfast.run.WaitingFor;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether a timeline goes along the table of moves, from its first line to the state and fence of the run's row. */
record Order(Stored run, List<Finding> findings) {
    void check() {
        var timeline = run.timeline();
        if (timeline.isEmpty()) {
            add("has no timeline");
            return;
        }
        Line before = null;
        Line move = null;
        for (var line : timeline) {
            numbered(before, line);
            if (line.isMove()) {
                moved(move, line);
                move = line;
            }
            before = line;
        }
        if (move == null || !move.to().equals(run.state()) || before.fence() != run.fence()) {
            add("is %s at fence %d, and its timeline ends with %s".formatted(run.state(), run.fence(), before));
        }
    }

    private void numbered(Line before, Line line) {
        int expected = before == null ? 1 : before.seq() + 1;
        if (line.seq() != expected) {
            add("line %d is where %d should be".formatted(line.seq(), expected));
        }
        long fence = before == null ? 0 : before.fence();
        long most = line.type().equals("claimed") ? fence + 1 : line.isMove() ? fence + 1 : fence;
        long least = line.type().equals("claimed") ? fence + 1 : fence;
        if (line.fence() < least || line.fence() > most) {
            add("went from fence %d to %s".formatted(fence, line));
        }
    }

    private void moved(Line before, Line line) {
        var move = Stream.of(Move.values())
                .filter(one -> one.eventType().equals(line.type()))
                .findFirst();
        var from = before == null ? null : before.to();
        if (!Objects.equals(from, line.from())) {
            add("was %s, and then %s".formatted(from, line));
        } else if (move.isEmpty() || !legal(move.get(), before, line)) {
            add("no move of the table: from %s by %s".formatted(before, line));
        }
    }

    private static boolean legal(Move move, Line before, Line line) {
        if (!move.targets().contains(RunState.of(line.to()))) {
            return false;
        }
        return before == null
                ? move == Move.SUBMITTED
                : move.allowedFrom(RunState.of(before.to()), waitingFor(before).orElse(null), true);
    }

    private static Optional<WaitingFor> waitingFor(Line line) {
        return line.to().equals("suspended")
                ? Optional.of(
                        line.type().equals("paused")
                                ? WaitingFor.OPERATOR
                                : WaitingFor.valueOf(line.waitingFor().toUpperCase(Locale.ROOT)))
                : Optional.empty();
    }

    private void add(String what) {
        findings.add(new Finding(Defect.OUT_OF_ORDER, run.id(), what));
    }
}
