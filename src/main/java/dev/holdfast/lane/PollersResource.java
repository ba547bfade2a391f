package dev.holdfast.lane;

import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.lane.Pollers.Worker;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;

/** The workers that any node has seen. */
@Path("workers")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class PollersResource {
    @Inject
    Pollers pollers;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @GET
    @RolesAllowed(Scope.READ)
    public Page<Worker> list() {
        var query = Query.of(uri, "limit", "cursor");
        var after = query.cursor().map(cursor -> cursor.rest(0)).orElse(null);
        var found = pollers.page(callers.present().tenant(), after, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.id()));
    }
}
