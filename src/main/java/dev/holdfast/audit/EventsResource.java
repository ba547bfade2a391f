package dev.holdfast.audit;

import dev.holdfast.event.Place;
import dev.holdfast.event.TenantEvent;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.event.TenantTimeline.Filter;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
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

/** All events of the caller's tenant: the newest first, or all that came after one. */
@Path("events")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class EventsResource {
    @Inject
    TenantTimeline timeline;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @GET
    @RolesAllowed(Scope.READ)
    public Page<TenantEvent> list() {
        var query = Query.of(uri, "lane", "type", "after", "limit", "cursor");
        var filter =
                new Filter(query.text("lane").orElse(null), query.text("type").orElse(null));
        var tenant = callers.present().tenant();
        var after = query.number("after").map(Place::after);
        var cursor = query.cursor().map(Place::of);
        var found = after.isPresent()
                ? timeline.after(tenant, cursor.orElse(after.get()), filter, query.limit() + 1)
                : timeline.before(tenant, cursor.orElse(Place.LAST), filter, query.limit() + 1);
        return Page.of(found, query.limit(), last -> last.place().cursor());
    }
}
