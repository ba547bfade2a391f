package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.lane.LaneName;
import dev.holdfast.platform.Vital;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import dev.holdfast.platform.problem.Replies;
import dev.holdfast.run.Endings.Completion;
import dev.holdfast.run.Endings.Ending;
import dev.holdfast.run.Heartbeats.Sign;
import dev.holdfast.run.OwnedRunsResource.Cause;
import dev.holdfast.run.OwnedRunsResource.Word;
import dev.holdfast.run.RunsResource.Items;
import dev.holdfast.run.WaitingClaims.Wish;
import dev.holdfast.run.WorkerLifecycle.Claim;
import dev.holdfast.run.WorkerLifecycle.Ended;
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
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Workers take runs, and speak for many of them at once. */
@Path("")
@RequestScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class WorkersResource {
    /** Over the longest wait: an asynchronous reply without a time-out would hang for ever if it were forgotten. */
    private static final long ANSWERED_WITHIN_SECONDS = 45;

    @Inject
    WorkerLifecycle lifecycle;

    @Inject
    WaitingClaims waiting;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    record NewClaim(
            @NotNull(message = "is required") @Line String workerId,

            @NotNull(message = "is required") @Size(min = 1, max = 32, message = "must name 1 to 32 lanes")
            List<@NotNull(message = "must be a lane's name") @LaneName String> lanes,

            @Min(value = 0, message = "must be from 0 to 100") @Max(value = 100, message = "must be from 0 to 100")
            Integer max,

            @JsonProperty("wait") @Within(min = "PT0S", max = "PT30S")
            Duration patience) {}

    record Claimed(List<Claim> claims) {}

    record Beats(
            @NotNull(message = "is required") @Size(min = 1, max = 1000, message = "must have 1 to 1000 items")
            List<JsonNode> beats) {}

    record Beat(
            @NotNull(message = "is required") UUID runId,

            @NotNull(message = OwnedRunsResource.FENCE_REQUIRED) @Min(0)
            Long fence,

            JsonNode progress,
            JsonNode checkpoint) {
        Sign sign(String correlationId) {
            return new Sign(runId, fence, Json.text(progress), Json.text(checkpoint), correlationId);
        }
    }

    record Ends(
            @NotNull(message = "is required") @Size(min = 1, max = 1000, message = "must have 1 to 1000 items")
            List<JsonNode> items) {}

    record End(
            @NotNull(message = "is required") UUID runId,

            @NotNull(message = OwnedRunsResource.FENCE_REQUIRED) @Min(0)
            Long fence,

            JsonNode result,
            @Valid Cause failure,
            Boolean retryable,
            @Within(min = "PT0S", max = "P30D") Duration retryAfter) {
        End {
            if (failure != null && result != null) {
                throw new InvalidRequest("failure", "cannot be given together with result");
            }
            if (failure == null && (retryable != null || retryAfter != null)) {
                throw new InvalidRequest(List.of(
                        new Violation("failure", "is required with retryable and retryAfter"),
                        new Violation(retryable == null ? "retryAfter" : "retryable", "goes with failure only")));
            }
        }

        Ending ending(String correlationId) {
            return failure == null
                    ? new Completion(runId, fence, correlationId, Json.text(result), null)
                    : OwnedRunsResource.fault(runId, fence, correlationId, failure, retryable, retryAfter);
        }
    }

    record BeatItem(int index, String runId, @JsonUnwrapped Word word, Map<String, Object> problem) {}

    record EndItem(int index, String runId, RunRow run, Boolean replayed, Map<String, Object> problem) {}

    @POST
    @Path("claims")
    @RolesAllowed(Scope.WORK)
    public void claim(Body body, @Suspended AsyncResponse reply) {
        var wanted = body.as(NewClaim.class);
        var wish = new Wish(
                callers.withKey(),
                wanted.workerId(),
                wanted.lanes().stream().distinct().toList(),
                wanted.max() == null ? 1 : wanted.max(),
                wanted.patience() == null ? Duration.ZERO : wanted.patience(),
                Correlation.id(http));
        var answer = waiting.claim(wish);
        if (!answer.isDone()) { // a time-out costs as much as all the rest of a reply
            reply.setTimeout(ANSWERED_WITHIN_SECONDS, TimeUnit.SECONDS);
        }
        answer.whenComplete((claims, fault) -> {
            if (fault == null) {
                reply.resume(new Claimed(claims));
            } else {
                reply.resume(fault);
            }
        });
    }

    @POST
    @Path("heartbeats")
    @Vital
    @RolesAllowed({Scope.WORK, Scope.OWN_RUN})
    public Items<BeatItem> heartbeats(Body body) {
        var beats = body.as(Beats.class).beats();
        var correlationId = Correlation.id(http);
        var outcomes = Outcome.ofEach(
                beats,
                Beat.class,
                good -> lifecycle.heartbeat(
                        callers.present(),
                        good.stream().map(beat -> beat.sign(correlationId)).toList()));
        return items(beats, outcomes, this::beatItem);
    }

    @POST
    @Path("completions")
    @Vital
    @RolesAllowed({Scope.WORK, Scope.OWN_RUN})
    public Items<EndItem> completions(Body body) {
        var ends = body.as(Ends.class).items();
        var correlationId = Correlation.id(http);
        var outcomes = Outcome.ofEach(
                ends,
                End.class,
                good -> lifecycle.end(
                        callers.present(),
                        good.stream().map(end -> end.ending(correlationId)).toList()));
        return items(ends, outcomes, this::endItem);
    }

    private BeatItem beatItem(int index, String runId, Outcome<WorkerLifecycle.Word> outcome) {
        var word = outcome.value() == null ? null : Word.of(outcome.value());
        return new BeatItem(index, runId, word, Replies.item(outcome.problem(), http));
    }

    private EndItem endItem(int index, String runId, Outcome<Ended> outcome) {
        var ended = outcome.value();
        return new EndItem(
                index,
                runId,
                ended == null ? null : ended.run(),
                ended == null ? null : ended.replayed(),
                Replies.item(outcome.problem(), http));
    }

    private interface ItemOf<T, R> {
        R make(int index, String runId, Outcome<T> outcome);
    }

    // The run's id as it was sent, even when it is none: the caller knows it by that.
    private static <T, R> Items<R> items(List<JsonNode> sent, List<Outcome<T>> outcomes, ItemOf<T, R> item) {
        return new Items<>(IntStream.range(0, sent.size())
                .mapToObj(i -> item.make(i, sent.get(i).path("runId").textValue(), outcomes.get(i)))
                .toList());
    }
}
