package dev.holdfast.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.ProblemMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** What became of one item of a batch, or of a lone call: a value or a problem. */
public record Outcome<T>(T value, Problem problem) {
    /** A database that did not answer for so many items on end is not asked for the others: each may take seconds. */
    private static final int PATIENCE = 3;

    public static <T> Outcome<T> done(T value) {
        return new Outcome<>(value, null);
    }

    public static <T> Outcome<T> refused(Problem problem) {
        return new Outcome<>(null, problem);
    }

    /** Does the work for each, one after the other: what goes wrong with one is its own problem and stops no other. */
    static <I, T> List<Outcome<T>> each(List<I> items, Function<I, T> work) {
        var outcomes = new ArrayList<Outcome<T>>();
        int away = 0;
        for (var item : items) {
            var outcome = away < PATIENCE
                    ? of(() -> work.apply(item))
                    : Outcome.<T>refused(ExpectedErrors.unavailable("it did not answer for the items before"));
            away = outcome.problem() != null && outcome.problem().status() == 503 ? away + 1 : 0;
            outcomes.add(outcome);
        }
        return outcomes;
    }

    T orThrow() {
        if (problem != null) {
            throw problem;
        }
        return value;
    }

    private static <T> Outcome<T> of(Supplier<T> work) {
        try {
            return done(work.get());
        } catch (RuntimeException e) {
            return refused(ProblemMapper.problem(e, "an item of many"));
        }
    }

    /** Works the well-formed items of a batch together; a bad one is its own problem, in its place, and no other's. */
    public static <I, T> List<Outcome<T>> ofEach(
            List<JsonNode> items, Class<I> type, Function<List<I>, List<Outcome<T>>> work) {
        var outcomes = new ArrayList<Outcome<T>>();
        var good = new ArrayList<I>();
        var places = new ArrayList<Integer>();
        for (var item : items) {
            try {
                good.add(Requests.bind(item, type));
                places.add(outcomes.size());
                outcomes.add(null);
            } catch (Problem problem) {
                outcomes.add(refused(problem));
            }
        }
        var worked = good.isEmpty() ? List.<Outcome<T>>of() : work.apply(good);
        for (int i = 0; i < worked.size(); i++) {
            outcomes.set(places.get(i), worked.get(i));
        }
        return outcomes;
    }
}
