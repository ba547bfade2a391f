package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import dev.holdfast.platform.problem.Replies;
import dev.holdfast.run.OperatorLifecycle.Cancellation;
import dev.holdfast.run.OperatorLifecycle.Word;
import dev.holdfast.run.RunsResource.Items;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Many runs in an operator's hands: those of some ids, or those of a filter. */
@Path("runs")
@RequestScoped
@RolesAllowed(Scope.OPERATE)
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class ManyRunsResource {
    private static final int FILTERED = 100;

    @Inject
    OperatorLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    record Those(
            @Size(min = 1, max = 1000, message = "must have 1 to 1000 items")
            List<@NotNull(message = "must be a string") String> ids,

            @Valid RunFilter filter,

            @Min(value = 1, message = "must be from 1 to 1000") @Max(value = 1000, message = "must be from 1 to 1000")
            Integer limit,

            @Reason String reason,
            Boolean cascade) {
        /** @throws InvalidRequest unless it tells which in one way */
        Those sound() {
            if ((ids == null) == (filter == null)) {
                var message = ids == null ? "or %s is required" : "cannot be given together with %s";
                throw new InvalidRequest(List.of(
                        new Violation("ids", message.formatted("filter")),
                        new Violation("filter", message.formatted("ids"))));
            }
            if (filter != null && filter.isEmpty()) {
                throw new InvalidRequest("filter", "must have at least one condition");
            }
            if (limit != null && filter == null) {
                throw new InvalidRequest("limit", "goes with filter only");
            }
            return this;
        }
    }

    record CancelledItem(String id, @JsonUnwrapped Cancellation cancellation, Map<String, Object> problem) {}

    record ResumedItem(String id, @JsonUnwrapped RunRow run, Map<String, Object> problem) {}

    @POST
    @Path("cancel")
    public Items<CancelledItem> cancelThose(Body body) {
        var wanted = body.as(Those.class).sound();
        var word = word(wanted);
        return each(
                those(wanted, Move.CANCELLED),
                run -> lifecycle.cancel(word, run, Boolean.TRUE.equals(wanted.cascade())),
                (id, outcome) -> new CancelledItem(id, outcome.value(), Replies.item(outcome.problem(), http)));
    }

    @POST
    @Path("resume")
    public Items<ResumedItem> resumeThose(Body body) {
        var wanted = body.as(Those.class).sound();
        if (wanted.cascade() != null) {
            throw new InvalidRequest("cascade", "is not a member of this request");
        }
        var word = word(wanted);
        return each(
                those(wanted, Move.RESUMED),
                run -> lifecycle.resume(word, run),
                // The run brings its id along.
                (id, outcome) -> outcome.problem() == null
                        ? new ResumedItem(null, outcome.value(), null)
                        : new ResumedItem(id, null, Replies.item(outcome.problem(), http)));
    }

    private List<String> those(Those wanted, Move move) {
        if (wanted.ids() != null) {
            return wanted.ids();
        }
        int limit = wanted.limit() == null ? FILTERED : wanted.limit();
        return lifecycle.movable(callers.present().tenant(), wanted.filter(), move, limit).stream()
                .map(UUID::toString)
                .toList();
    }

    private Word word(Those wanted) {
        return new Word(callers.present(), wanted.reason(), null, Correlation.id(http));
    }

    // An id that is none is an unknown one here too, and no other's trouble.
    private static <T, R> Items<R> each(
            List<String> ids, Function<UUID, T> work, BiFunction<String, Outcome<T>, R> item) {
        var outcomes = Outcome.each(ids, id -> work.apply(Query.id("run", id)));
        return new Items<>(IntStream.range(0, ids.size())
                .mapToObj(i -> item.apply(ids.get(i), outcomes.get(i)))
                .toList());
    }
}
