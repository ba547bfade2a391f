package dev.holdfast.run;

import dev.holdfast.event.Place;
import dev.holdfast.event.Timeline;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Query;
import dev.holdfast.stream.Stream.Follow;
import dev.holdfast.stream.Streams;
import dev.holdfast.stream.Subject;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.Set;
import java.util.stream.Collectors;

/** A run's timeline as it grows. */
@Path("runs/{id}/events")
@RequestScoped
public class RunStreamResource {
    private static final Set<String> FINAL =
            RunState.FINAL.stream().map(RunState::id).collect(Collectors.toSet());

    @Inject
    RunLifecycle lifecycle;

    @Inject
    Timeline timeline;

    @Inject
    Streams streams;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @Context
    HttpServletRequest http;

    @GET
    @Produces(Streams.MEDIA_TYPE + ";qs=0.5")
    @RolesAllowed({Scope.READ, Scope.OWN_RUN})
    public void follow(@PathParam("id") String id, @Suspended AsyncResponse reply) {
        var query = Query.of(uri, "after");
        var caller = callers.present();
        var run = lifecycle.find(caller, Query.id("run", id));
        int after = Streams.lastEventId(http, RunsResource::eventNumber)
                .or(() -> query.parsed("after", "must be the id of an event", RunsResource::eventNumber))
                .orElse(0);
        if (after > 0
                && RunState.FINAL.contains(run.state())
                && timeline.after(caller.tenant(), run.id(), after, 1).isEmpty()) {
            reply.resume(Response.noContent().build()); // it has all that there will ever be: a browser then stops
            return;
        }
        var wish = new Follow(
                caller,
                new Subject(caller.tenant(), run.id()),
                new Place(0, run.id(), after),
                entry -> true,
                event -> FINAL.contains(event.to()));
        streams.open(wish, http, reply);
    }
}
