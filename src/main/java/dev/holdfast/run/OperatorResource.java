package dev.holdfast.run;

import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.run.OperatorLifecycle.Word;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** One run in an operator's hands. There need not be a body, and without one there is no type. */
@Path("runs")
@RequestScoped
@Consumes(MediaType.WILDCARD)
@Produces(MediaType.APPLICATION_JSON)
public class OperatorResource {
    @Inject
    OperatorLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    HttpServletRequest http;

    record Cancel(@Reason String reason, Boolean cascade) {}

    record Pause(@Reason String reason) {}

    record Resume(@Reason String reason, @Valid NewOwner claim) {}

    record NewOwner(@NotNull(message = "is required") @Line String workerId) {}

    @POST
    @Path("{id}/cancel")
    @RolesAllowed({Scope.OPERATE, Scope.SUBMIT})
    public Response cancel(@PathParam("id") String id, @HeaderParam("If-Match") String ifMatch, Body body) {
        var run = Query.id("run", id);
        var wanted = body.orEmptyAs(Cancel.class);
        var cancelled = lifecycle.cancel(word(wanted.reason(), ifMatch), run, Boolean.TRUE.equals(wanted.cascade()));
        return reply(cancelled, cancelled.version());
    }

    @POST
    @Path("{id}/pause")
    @RolesAllowed(Scope.OPERATE)
    public Response pause(@PathParam("id") String id, @HeaderParam("If-Match") String ifMatch, Body body) {
        var run = Query.id("run", id);
        var paused = lifecycle.pause(word(body.orEmptyAs(Pause.class).reason(), ifMatch), run);
        return reply(paused, paused.version());
    }

    @POST
    @Path("{id}/resume")
    @RolesAllowed(Scope.OPERATE)
    public Response resume(@PathParam("id") String id, @HeaderParam("If-Match") String ifMatch, Body body) {
        var run = Query.id("run", id);
        var wanted = body.orEmptyAs(Resume.class);
        var word = word(wanted.reason(), ifMatch);
        if (wanted.claim() == null) {
            var resumed = lifecycle.resume(word, run);
            return reply(resumed, resumed.version());
        }
        var claim = lifecycle.resumeFor(word, run, wanted.claim().workerId());
        return reply(claim, claim.run().version());
    }

    private Word word(String reason, String ifMatch) {
        return new Word(callers.present(), reason, Tag.version(ifMatch), Correlation.id(http));
    }

    private static Response reply(Object entity, long version) {
        return Response.ok(entity).tag(Tag.of(version)).build();
    }
}
