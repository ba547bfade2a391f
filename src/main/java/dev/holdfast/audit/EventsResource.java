package dev.holdfast.audit;

import dev.holdfast.event.Place;
import dev.holdfast.event.TenantEvent;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.event.TenantTimeline.Filter;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
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
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
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

    @Inject
    Streams streams;

    @Context
    UriInfo uri;

    @Context
    HttpServletRequest http;

    @GET
    @Produces(MediaType.APPLICATION_JSON + ";qs=1") // whoever takes anything is given this
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

    /** As they come to be, from now on or from where the caller has been. */
    @GET
    @Produces(Streams.MEDIA_TYPE + ";qs=0.5")
    @RolesAllowed(Scope.READ)
    public void follow(@Suspended AsyncResponse reply) {
        var query = Query.of(uri, "lane", "type", "after");
        var caller = callers.present();
        var lane = query.text("lane");
        var type = query.text("type");
        var after = Streams.lastEventId(http, id -> Place.of(Cursor.parse(id)))
                .or(() -> query.number("after").map(Place::after))
                .orElseGet(() -> streams.end(caller));
        var wish = new Follow(
                caller,
                new Subject(caller.tenant(), null),
                after,
                entry -> lane.map(name -> name.equals(entry.lane())).orElse(true)
                        && type.map(name -> name.equals(entry.event().type())).orElse(true),
                event -> false);
        streams.open(wish, http, reply);
    }
}
