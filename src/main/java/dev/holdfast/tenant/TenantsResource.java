package dev.holdfast.tenant;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Actor;
import dev.holdfast.event.Author;
import dev.holdfast.key.Callers;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.UUID;

/** Tenants, for who holds a system key. */
@Path("tenants")
@RequestScoped
@RolesAllowed(Scope.SYSTEM)
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class TenantsResource {
    @Inject
    Tenants tenants;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    record NewTenant(
            @NotNull(message = "is required")
            @Pattern(
                    regexp = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
                    message = "must be 1 to 63 letters, digits, '.', '_' or '-', the first a letter or digit")
            String name) {}

    record Nothing() {}

    /** @param key of every scope of the tenant; shown this once */
    record Made(UUID id, String name, String key) {}

    @POST
    public Response make(Body body) {
        var name = body.as(NewTenant.class).name();
        var key = KeyFormat.issue(KeyFormat.TENANT);
        var tenant = tenants.add(
                        UuidCreator.getTimeOrderedEpoch(), name, UuidCreator.getTimeOrderedEpoch(), key, author())
                .orElseThrow(() -> new Problem(409, "tenant_exists", "There is a tenant " + name + " already."));
        return Response.created(URI.create("tenants/" + tenant.id()))
                .entity(new Made(tenant.id(), name, key))
                .build();
    }

    @GET
    public Page<Tenant> list() {
        var query = Query.of(uri, "limit", "cursor");
        var madeBefore = query.cursor().map(cursor -> cursor.time(0)).orElse(null);
        var before = query.cursor().map(cursor -> cursor.id(1)).orElse(null);
        return Page.of(
                tenants.page(madeBefore, before, query.limit() + 1),
                query.limit(),
                last -> Cursor.of(last.createdAt(), last.id()));
    }

    @POST
    @Path("{id}/disable")
    @Consumes(MediaType.WILDCARD) // there is no body, and without one there is no type
    public Tenant disable(@PathParam("id") String id, Body body) {
        var tenant = Query.id("tenant", id);
        body.orEmptyAs(Nothing.class);
        if (tenant.equals(callers.present().tenant())) {
            throw new Problem(409, "own_tenant", "This key belongs to that tenant, and nobody could enable it again.");
        }
        return tenants.disable(tenant, true, author()).orElseThrow(() -> new Unknown("tenant", tenant));
    }

    @POST
    @Path("{id}/enable")
    @Consumes(MediaType.WILDCARD)
    public Tenant enable(@PathParam("id") String id, Body body) {
        var tenant = Query.id("tenant", id);
        body.orEmptyAs(Nothing.class);
        return tenants.disable(tenant, false, author()).orElseThrow(() -> new Unknown("tenant", tenant));
    }

    private Author author() {
        return callers.author(Actor.Kind.SYSTEM);
    }
}
