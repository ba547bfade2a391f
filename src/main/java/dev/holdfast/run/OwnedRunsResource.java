package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.event.Event;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.Vital;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.run.Endings.Completion;
import dev.holdfast.run.Endings.Fault;
import dev.holdfast.run.Heartbeats.Sign;
import dev.holdfast.run.RunsResource.Items;
import dev.holdfast.run.WorkerEvents.Said;
import dev.holdfast.run.WorkerLifecycle.Ended;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** One run in its owner's hands. Every call carries the fence of the claim. */
@Path("runs")
@RequestScoped
@RolesAllowed({Scope.WORK, Scope.OWN_RUN})
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class OwnedRunsResource {
    static final String FENCE_REQUIRED = "is required: the fence of the claim";

    @Inject
    WorkerLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    @PathParam("id")
    String id;

    record Beat(@NotNull(message = FENCE_REQUIRED) @Min(0) Long fence, JsonNode progress, JsonNode checkpoint) {}

    record Complete(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence, JsonNode result, JsonNode metadata) {
        Complete {
            if (metadata != null && !metadata.isNull() && (!metadata.isObject() || Json.holdsNul(metadata))) {
                throw new InvalidRequest("metadata", "must be a JSON object without the character U+0000");
            }
        }
    }

    record Cause(
            @NotNull(message = "is required")
            @Pattern(regexp = "[a-z0-9_.-]{1,64}", message = "must be 1 to 64 of a-z, 0-9, '_', '.' and '-'")
            String code,

            @NotNull(message = "is required") @Size(min = 1, max = 2000, message = "must be 1 to 2000 characters")
            String message,

            JsonNode details) {}

    record Fail(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence,
            @NotNull(message = "is required") @Valid Cause failure,
            Boolean retryable,
            @Within(min = "PT0S", max = "P30D") Duration retryAfter) {}

    record Release(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence) {}

    record Sleep(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence,
            @NotNull(message = "is required") Instant until) {}

    record NewEvent(
            @NotNull(message = "is required")
            @Pattern(
                    regexp = "(worker\\.)?[a-z0-9_.-]{1,60}",
                    message = "must be 1 to 60 of a-z, 0-9, '_', '.' and '-', after 'worker.'")
            String type,

            JsonNode data) {
        Said said() {
            return new Said(type.startsWith("worker.") ? type : "worker." + type, Json.text(data));
        }
    }

    record NewEvents(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence,

            @NotNull(message = "is required") @Size(min = 1, max = 100, message = "must have 1 to 100 items")
            List<@NotNull(message = "must be an object") @Valid NewEvent> events) {}

    public record Word(
            @JsonProperty("continue") boolean goesOn, Instant leaseExpiresAt, Instant runKeyExpiresAt, String reason) {
        static Word of(WorkerLifecycle.Word word) {
            return new Word(word.goesOn(), word.leaseExpiresAt(), word.runKeyExpiresAt(), word.reason());
        }
    }

    public record Completed(@JsonUnwrapped RunRow run, Boolean replayed) {
        static Completed of(Ended ended) {
            return new Completed(ended.run(), ended.replayed());
        }
    }

    @POST
    @Path("{id}/heartbeat")
    @Vital
    public Word heartbeat(Body body) {
        var run = run();
        var beat = body.as(Beat.class);
        var sign = new Sign(
                run, beat.fence(), Json.text(beat.progress()), Json.text(beat.checkpoint()), Correlation.id(http));
        return Word.of(
                lifecycle.heartbeat(callers.present(), List.of(sign)).get(0).orThrow());
    }

    @POST
    @Path("{id}/complete")
    @Vital
    public Completed complete(Body body) {
        var run = run();
        var wanted = body.as(Complete.class);
        var completion = new Completion(
                run, wanted.fence(), Correlation.id(http), Json.text(wanted.result()), Json.text(wanted.metadata()));
        return Completed.of(lifecycle
                .complete(callers.present(), List.of(completion))
                .get(0)
                .orThrow());
    }

    @POST
    @Path("{id}/fail")
    @Vital
    public RunRow fail(Body body) {
        var run = run();
        var wanted = body.as(Fail.class);
        var fault = fault(
                run, wanted.fence(), Correlation.id(http), wanted.failure(), wanted.retryable(), wanted.retryAfter());
        return lifecycle
                .fail(callers.present(), List.of(fault))
                .get(0)
                .orThrow()
                .run();
    }

    @POST
    @Path("{id}/release")
    @Vital
    public RunRow release(Body body) {
        return lifecycle.release(
                callers.present(), run(), body.as(Release.class).fence(), Correlation.id(http));
    }

    @POST
    @Path("{id}/sleep")
    @Vital
    public RunRow sleep(Body body) {
        var run = run();
        var wanted = body.as(Sleep.class);
        return lifecycle.sleep(callers.present(), run, wanted.fence(), wanted.until(), Correlation.id(http));
    }

    @POST
    @Path("{id}/events")
    public Response append(Body body) {
        var run = run();
        var wanted = body.as(NewEvents.class);
        var said = wanted.events().stream().map(NewEvent::said).toList();
        List<Event> written = lifecycle.append(callers.present(), run, wanted.fence(), said, Correlation.id(http));
        return Response.status(Response.Status.CREATED)
                .entity(new Items<>(written))
                .build();
    }

    static Fault fault(
            UUID run, long fence, String correlationId, Cause cause, Boolean retryable, Duration retryAfter) {
        return new Fault(
                run,
                fence,
                correlationId,
                cause.code(),
                cause.message(),
                Json.text(cause.details()),
                retryable == null || retryable,
                retryAfter);
    }

    private UUID run() {
        return Query.id("run", id);
    }
}
