package dev.holdfast.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.run.Question;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;

/** Approvals for the owner of the run that needs them. Every call carries the fence of the claim. */
@Path("")
@RequestScoped
@RolesAllowed({Scope.WORK, Scope.OWN_RUN})
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class OwnedApprovalsResource {
    private static final String FENCE_REQUIRED = "is required: the fence of the claim";

    @Inject
    ApprovalLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    record Fenced(@NotNull(message = FENCE_REQUIRED) @Min(0) Long fence) {}

    record Redemption(
            @NotNull(message = FENCE_REQUIRED) @Min(0) Long fence, JsonNode args) {}

    @POST
    @Path("runs/{id}/approvals")
    public Response ask(@PathParam("id") String id, Body body) {
        var run = Query.id("run", id);
        // A question, as at a submit, and the fence.
        var question = body.required().deepCopy();
        var fence = Requests.bind(fenceOf(question), Fenced.class).fence();
        var asked = lifecycle.ask(
                callers.present(), run, fence, Requests.bind(question, Question.class), Correlation.id(http));
        var approval = asked.approval();
        var reply = asked.isNew() ? Response.created(URI.create("approvals/" + approval.id())) : Response.ok();
        return reply.tag(Tag.of(approval.version())).entity(approval).build();
    }

    @POST
    @Path("approvals/{id}/redeem")
    public Response redeem(@PathParam("id") String id, Body body) {
        var approval = Query.id("approval", id);
        var wanted = body.as(Redemption.class);
        var redeemed =
                lifecycle.redeem(callers.present(), approval, wanted.fence(), wanted.args(), Correlation.id(http));
        return Response.ok(redeemed).tag(Tag.of(redeemed.version())).build();
    }

    private static JsonNode fenceOf(JsonNode body) {
        if (!(body instanceof ObjectNode members)) {
            return body;
        }
        var fence = members.objectNode();
        if (members.has("fence")) {
            fence.set("fence", members.remove("fence"));
        }
        return fence;
    }
}
