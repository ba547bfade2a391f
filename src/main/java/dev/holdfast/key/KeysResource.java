package dev.holdfast.key;

import dev.holdfast.event.Actor;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Unknown;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
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
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Keys of the caller's tenant. */
@Path("keys")
@RequestScoped
@RolesAllowed(Scope.MANAGE_KEYS)
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class KeysResource {
    @Inject
    ApiKeys keys;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    record NewKey(
            @NotNull
            @Pattern(regexp = "[^\\p{Cc}]{1,100}", message = "must be 1 to 100 characters without control characters")
            String name,

            @NotEmpty(message = "must name at least one scope")
            List<String> scopes,

            Instant expiresAt) {}

    @POST
    public Response make(Body body) {
        var wanted = body.as(NewKey.class);
        var scopes = grantable(wanted.scopes());
        var key = keys.add(
                callers.present().tenant(),
                wanted.name(),
                scopes,
                wanted.expiresAt(),
                KeyFormat.issue(KeyFormat.TENANT),
                callers.author(Actor.Kind.OPERATOR));
        return Response.created(URI.create("keys/" + key.id())).entity(key).build();
    }

    @GET
    public Page<ApiKey> list() {
        var query = Query.of(uri, "limit", "cursor");
        var before = query.cursor().map(cursor -> cursor.id(0)).orElse(null);
        var found = keys.page(callers.present().tenant(), before, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.id()));
    }

    /** What the caller's own credential is and may do. Absent is what the kind of credential does not have. */
    record Self(UUID id, String name, UUID tenantId, List<String> scopes, UUID runId, Long fence, Instant expiresAt) {}

    @GET
    @Path("self")
    @RolesAllowed({
        Scope.SUBMIT,
        Scope.READ,
        Scope.OPERATE,
        Scope.WORK,
        Scope.DECIDE,
        Scope.MANAGE_KEYS,
        Scope.SYSTEM,
        Scope.OWN_RUN
    })
    public Self self() {
        Query.of(uri);
        var caller = callers.present();
        var scopes = caller.scopes().stream().sorted().toList();
        if (caller.run() != null) {
            var until = keys.endOfRunKey(caller.tenant(), caller.run()).orElse(null);
            return new Self(null, caller.name(), caller.tenant(), scopes, caller.run(), caller.fence(), until);
        }
        var until = Optional.ofNullable(caller.id())
                .flatMap(id -> keys.find(caller.tenant(), id))
                .map(ApiKey::expiresAt)
                .orElse(null);
        return new Self(caller.id(), caller.name(), caller.tenant(), scopes, null, null, until);
    }

    @DELETE
    @Path("{id}")
    public void revoke(@PathParam("id") String id) {
        var key = Query.id("key", id);
        if (!keys.revoke(callers.present().tenant(), key, callers.author(Actor.Kind.OPERATOR))) {
            throw new Unknown("key", key);
        }
    }

    // Nobody can hand on more than they have.
    private Set<String> grantable(List<String> scopes) {
        if (new HashSet<>(scopes).size() < scopes.size()) {
            throw new InvalidRequest("scopes", "must name each scope once");
        }
        for (int i = 0; i < scopes.size(); i++) {
            var scope = scopes.get(i);
            if (scope == null || !Scope.OF_TENANT.contains(scope)) {
                throw new InvalidRequest(
                        "scopes[" + i + "]",
                        "must be one of " + Scope.OF_TENANT.stream().sorted().toList());
            }
            if (!callers.present().may(scope)) {
                throw new Problem(
                        403, "forbidden", "The caller does not have the scope " + scope + " and cannot give it.");
            }
        }
        return new LinkedHashSet<>(scopes);
    }
}
