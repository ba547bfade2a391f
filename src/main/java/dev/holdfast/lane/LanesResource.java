package dev.holdfast.lane;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.event.Actor;
import dev.holdfast.event.Author;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.InvalidRequest;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;

/** Lanes of the caller's tenant. */
@Path("lanes")
@RequestScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class LanesResource {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** What a lane shows and nobody sets: taken and passed over, so that a lane can be read, changed and sent back. */
    private static final List<String> READ_ONLY = List.of(
            "name",
            "heldUntil",
            "queued",
            "inFlight",
            "suspended",
            "oldestQueuedAge",
            "workersPolling",
            "createdAt",
            "version");

    @Inject
    LaneDesk desk;

    @Inject
    Lanes lanes;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    /** What is asked without a word needs no body; what is in one is refused by name. */
    record Nothing() {}

    @GET
    @RolesAllowed({Scope.READ, Scope.OPERATE})
    public Page<Lane> list() {
        var query = Query.of(uri, "limit", "cursor");
        var after = query.cursor().map(cursor -> cursor.text(0)).orElse(null);
        var found = lanes.page(callers.present().tenant(), after, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.name()));
    }

    @GET
    @Path("{name}")
    @RolesAllowed({Scope.READ, Scope.OPERATE})
    public Response get(@PathParam("name") String name) {
        Query.of(uri);
        return reply(Response.ok(), desk.find(callers.present().tenant(), name));
    }

    @PUT
    @Path("{name}")
    @RolesAllowed(Scope.OPERATE)
    public Response put(@PathParam("name") String name, @HeaderParam("If-Match") String ifMatch, Body body) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidRequest(
                    "name", "must be 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit");
        }
        var put = desk.put(callers.present().tenant(), name, policy(body), Tag.version(ifMatch), author());
        return reply(put.isNew() ? Response.created(URI.create("lanes/" + name)) : Response.ok(), put.lane());
    }

    @POST
    @Path("{name}/pause")
    @Consumes(MediaType.WILDCARD) // there need not be a body, and without one there is no type
    @RolesAllowed(Scope.OPERATE)
    public Response pause(@PathParam("name") String name, @HeaderParam("If-Match") String ifMatch, Body body) {
        body.orEmptyAs(Nothing.class);
        return reply(Response.ok(), pause(name, true, ifMatch));
    }

    @POST
    @Path("{name}/unpause")
    @Consumes(MediaType.WILDCARD) // there need not be a body, and without one there is no type
    @RolesAllowed(Scope.OPERATE)
    public Response unpause(@PathParam("name") String name, @HeaderParam("If-Match") String ifMatch, Body body) {
        body.orEmptyAs(Nothing.class);
        return reply(Response.ok(), pause(name, false, ifMatch));
    }

    private Lane pause(String name, boolean paused, String ifMatch) {
        return desk.pause(callers.present().tenant(), name, paused, Tag.version(ifMatch), author());
    }

    private Author author() {
        return callers.author(Actor.Kind.OPERATOR);
    }

    private static LanePolicy policy(Body body) {
        var wanted = body.required().deepCopy();
        if (wanted instanceof ObjectNode members) {
            members.remove(READ_ONLY);
        }
        return Requests.bind(wanted, LanePolicy.class);
    }

    private static Response reply(Response.ResponseBuilder reply, Lane lane) {
        return reply.tag(Tag.of(lane.version())).entity(lane).build();
    }
}
