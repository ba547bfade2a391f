package dev.holdfast.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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

/** Asks people about a run, in the name of its owner. */
@Path("runs")
@RequestScoped
@RolesAllowed({Scope.WORK, Scope.OWN_RUN})
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class QuestionsResource {
    static final String FENCE_REQUIRED = "is required: the fence of the claim";

    @Inject
    ApprovalLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    record Fenced(@NotNull(message = FENCE_REQUIRED) @Min(0) Long fence) {}

    @POST
    @Path("{id}/approvals")
    public Response ask(@PathParam("id") String id, Body body) {
        var run = Query.id("run", id);
        // The same as at a submit, and the fence.
        var members = body.required().deepCopy();
        var fence = taken(members);
        var question = Requests.bind(members, Question.class);
        var asked = lifecycle.ask(
                callers.present(), run, Requests.bind(fence, Fenced.class).fence(), question, Correlation.id(http));
        var approval = asked.approval();
        var reply = asked.isNew() ? Response.created(URI.create("approvals/" + approval.id())) : Response.ok();
        return reply.tag(Tag.of(approval.version())).entity(approval).build();
    }

    private static JsonNode taken(JsonNode members) {
        var fence = JsonNodeFactory.instance.objectNode();
        if (members instanceof ObjectNode object && object.has("fence")) {
            fence.set("fence", object.remove("fence"));
        }
        return fence;
    }
}
