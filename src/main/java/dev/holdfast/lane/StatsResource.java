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
    @Inject
    Stats stats;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @GET
    @RolesAllowed(Scope.READ)
    public Stats.Overview read() {
        Query.of(uri);
        return stats.of(callers.present().tenant());
    }
}
