package dev.holdfast.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.problem.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What became of one item of a batch, or of a lone call: a value or a problem. */
public record Outcome<T>(T value, Problem problem) {
    public static <T> Outcome<T> done(T value) {
        return new Outcome<>(value, null);
    }

    public static <T> Outcome<T> refused(Problem problem) {
        return new Outcome<>(null, problem);
    }

    T orThrow() {
        if (problem != null) {
            throw problem;
        }
        return value;
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
