package dev.holdfast.audit;

import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
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
import java.util.List;

/** The chain of the caller's tenant. */
@Path("seals")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class SealsResource {
    @Inject
    Seals seals;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @GET
    @RolesAllowed(Scope.READ)
    public Page<Seal> list() {
        var query = Query.of(uri, "after", "limit", "cursor");
        var tenant = callers.present().tenant();
        var after = query.number("after");
        var cursor = query.cursor().map(given -> given.number(0));
        var found = after.isPresent()
                ? seals.after(tenant, cursor.orElse(after.get()), query.limit() + 1)
                : seals.before(tenant, cursor.orElse(Long.MAX_VALUE), query.limit() + 1);
        return page(found, query.limit());
    }

    private static Page<Seal> page(List<Seal> found, int limit) {
        var shown = found.stream()
                .limit(limit)
                .takeWhile(seal -> seal.leaves() != null)
                .toList();
        return new Page<>(
                shown,
                shown.size() < found.size()
                        ? Cursor.of(shown.get(shown.size() - 1).number())
                        : null);
    }
}
