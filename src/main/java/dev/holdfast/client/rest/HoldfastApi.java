package dev.holdfast.client.rest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.Approval;
import dev.holdfast.client.Beat;
import dev.holdfast.client.Cancellation;
import dev.holdfast.client.Claim;
import dev.holdfast.client.Event;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Page;
import dev.holdfast.client.Question;
import dev.holdfast.client.Run;
import dev.holdfast.client.Submission;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.rest.client.annotation.ClientHeaderParam;
import org.eclipse.microprofile.rest.client.annotation.RegisterProvider;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;

/**
 * Holdfast's API as a MicroProfile Rest Client: {@code @Inject @RestClient HoldfastApi}.
 *
 * <p>{@code holdfast/mp-rest/url} says where Holdfast is, {@code holdfast.key} (or the variable {@code HOLDFAST_KEY}) with
 * which key to come. A refusal is a {@link dev.holdfast.client.Problem}. Nothing is repeated: that is for MicroProfile Fault
 * Tolerance. The read timeout must be longer than the wait of a claim.
 */
@Path("/api/v1")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@RegisterRestClient(configKey = "holdfast")
@RegisterProvider(JsonBody.class)
@RegisterProvider(Refusals.class)
@ClientHeaderParam(name = "Authorization", value = "{dev.holdfast.client.rest.Bearer.ofConfiguration}")
public interface HoldfastApi extends AutoCloseable {
    /** Why a person does something; may be null. */
    record Because(String reason) {}

    /** Who asks for which runs, how many, and for how long it waits; {@code max} and {@code atMost} may be null. */
    record Asking(
            String workerId,
            List<String> lanes,
            Integer max,
            @JsonProperty("wait") Duration atMost) {}

    /** What a claim call brings. */
    record Claims(List<Claim> claims) {
        /** None are an empty list. */
        public Claims {
            claims = claims == null ? List.of() : List.copyOf(claims);
        }
    }

    /** A heartbeat; {@code progress} and {@code checkpoint} may be null. */
    record Beating(long fence, JsonNode progress, JsonNode checkpoint) {}

    /** A good end; {@code result} and {@code metadata} may be null. */
    record Completing(long fence, JsonNode result, JsonNode metadata) {}

    /** A bad end; null {@code retryable} means true, null {@code retryAfter} leaves it to the lane. */
    record Failing(long fence, Failure failure, Boolean retryable, Duration retryAfter) {
        /** What went wrong; {@code details} may be null. */
        public record Failure(String code, String message, JsonNode details) {}
    }

    /** Who hands a run back. */
    record Releasing(long fence) {}

    /** A decision; {@code reason} and {@code argsDigest} may be null. */
    record Deciding(boolean approved, String reason, String argsDigest) {}

    /**
     * Submits a run.
     *
     * @param idempotencyKey with it a repeat gives the same run; may be null
     */
    @POST
    @Path("runs")
    Run submit(@HeaderParam("Idempotency-Key") String idempotencyKey, Submission submission);

    /** The run as it is now. */
    @GET
    @Path("runs/{id}")
    Run get(@PathParam("id") String id);

    /** Newest first. All parameters may be null. */
    @GET
    @Path("runs")
    Page<Run> list(
            @QueryParam("lane") String lane,
            @QueryParam("state") String state,
            @QueryParam("limit") Integer limit,
            @QueryParam("cursor") String cursor);

    /**
     * A page of the run's timeline, oldest first.
     *
     * @param after the last event that is known already; may be null
     */
    @GET
    @Path("runs/{id}/events")
    Page<Event> events(@PathParam("id") String id, @QueryParam("after") String after);

    /** Only the first is told {@code cancelled}. */
    @POST
    @Path("runs/{id}/cancel")
    Cancellation cancel(@PathParam("id") String id, Because because);

    /** Continues a run that failed, was paused, or whose owner is dead. */
    @POST
    @Path("runs/{id}/resume")
    Run resume(@PathParam("id") String id, Because because);

    /** Takes queued runs. Never to be repeated blindly: a lost answer may have been a claim. */
    @POST
    @Path("claims")
    Claims claim(Asking asking);

    /** Says that the owner lives; the reply is Holdfast's word to it. */
    @POST
    @Path("runs/{id}/heartbeat")
    Beat heartbeat(@PathParam("id") String id, Beating beat);

    /** A repeat is answered with {@link Run#replayed()}. */
    @POST
    @Path("runs/{id}/complete")
    Run complete(@PathParam("id") String id, Completing end);

    /** Queued for another attempt, or failed. */
    @POST
    @Path("runs/{id}/fail")
    Run fail(@PathParam("id") String id, Failing end);

    /** Queued again; no attempt is spent. */
    @POST
    @Path("runs/{id}/release")
    Run release(@PathParam("id") String id, Releasing end);

    /** The run is suspended until people have decided. */
    @POST
    @Path("runs/{id}/approvals")
    Approval ask(@PathParam("id") String id, Asked question);

    /** A question, with the fence of who asks. */
    record Asked(long fence, Question question) {
        /** As it is sent. */
        @JsonValue
        public JsonNode body() {
            ObjectNode body = HoldfastClient.jsonMapper().valueToTree(question);
            return body.put("fence", fence);
        }
    }

    /** Oldest first. All parameters may be null. */
    @GET
    @Path("approvals")
    Page<Approval> approvals(
            @QueryParam("status") String status,
            @QueryParam("runId") String runId,
            @QueryParam("cursor") String cursor);

    /** Decides in the name of the key. */
    @POST
    @Path("approvals/{id}/decision")
    Approval decide(@PathParam("id") String id, Deciding decision);
}
