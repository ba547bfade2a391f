package dev.holdfast.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Requests;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.run.RunRow;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
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

/** Schedules of the caller's tenant. */
@Path("schedules")
@RequestScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Scope.OPERATE)
public class SchedulesResource {
    /** What a schedule shows and nobody sets: passed over, so that one can be read, changed and sent back. */
    private static final List<String> READ_ONLY =
            List.of("nextAt", "nextFirings", "lastFiredAt", "lastRunId", "skipped", "createdAt", "version");

    @Inject
    ScheduleDesk desk;

    @Inject
    Schedules schedules;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @Context
    HttpServletRequest http;

    /** What is asked without a word needs no body; what is in one is refused by name. */
    record Nothing() {}

    @POST
    public Response add(Body body) {
        var schedule = desk.add(callers.present().tenant(), wanted(body, null));
        return reply(Response.created(URI.create("schedules/" + schedule.name())), schedule);
    }

    @GET
    public Page<Schedule> list() {
        var query = Query.of(uri, "limit", "cursor");
        var after = query.cursor().map(cursor -> cursor.text(0)).orElse(null);
        var found = schedules.page(callers.present().tenant(), after, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.name()));
    }

    @GET
    @Path("{name}")
    public Response get(@PathParam("name") String name, @HeaderParam("If-None-Match") String ifNoneMatch) {
        Query.of(uri);
        var schedule = desk.find(callers.present().tenant(), name);
        return Tag.reply(schedule, schedule.version(), ifNoneMatch);
    }

    @PUT
    @Path("{name}")
    public Response put(@PathParam("name") String name, @HeaderParam("If-Match") String ifMatch, Body body) {
        var put = desk.put(callers.present().tenant(), wanted(body, name), Tag.version(ifMatch));
        return reply(put.isNew() ? Response.created(URI.create("schedules/" + name)) : Response.ok(), put.schedule());
    }

    @DELETE
    @Path("{name}")
    @Consumes(MediaType.WILDCARD)
    public void delete(@PathParam("name") String name, @HeaderParam("If-Match") String ifMatch) {
        Query.of(uri);
        desk.delete(callers.present().tenant(), name, Tag.version(ifMatch));
    }

    @POST
    @Path("{name}/run")
    @Consumes(MediaType.WILDCARD) // there need not be a body, and without one there is no type
    public Response runNow(@PathParam("name") String name, Body body) {
        body.orEmptyAs(Nothing.class);
        RunRow run = desk.runNow(callers.present(), name, Correlation.id(http));
        return Response.created(URI.create("runs/" + run.id()))
                .tag(Tag.of(run.version()))
                .entity(run)
                .build();
    }

    /** @param name that the address gives; null if the body does */
    private static Wanted wanted(Body body, String name) {
        var wanted = body.required().deepCopy();
        if (wanted instanceof ObjectNode members) {
            members.remove(READ_ONLY);
            if (name != null) {
                members.put("name", name);
            }
        }
        return Requests.bind(wanted, Wanted.class);
    }

    private static Response reply(Response.ResponseBuilder reply, Schedule schedule) {
        return reply.tag(Tag.of(schedule.version())).entity(schedule).build();
    }
}
