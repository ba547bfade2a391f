package dev.holdfast.lane;

import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
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

/** How the tenant's runs are doing, at a glance. */
@Path("stats")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class StatsResource {
    private static final String MINUTES = "must be from 1 to " + Stats.MOST_MINUTES;

    @Inject
    Stats stats;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @GET
    @RolesAllowed(Scope.READ)
    public Stats.Overview read() {
        var minutes = Query.of(uri, "minutes").parsed("minutes", MINUTES, StatsResource::minutes);
        return stats.of(callers.present().tenant(), minutes.orElse(Stats.MINUTES_SHOWN));
    }

    private static int minutes(String text) {
        int minutes = Integer.parseInt(text);
        if (minutes < 1 || minutes > Stats.MOST_MINUTES) {
            throw new IllegalArgumentException();
        }
        return minutes;
    }
}
