package dev.holdfast.approval;

import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Query;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;

/** What a conversation waits for, for the one who shows it. */
@Path("conversations")
@RequestScoped
@RolesAllowed({Scope.READ, Scope.DECIDE})
@Produces(MediaType.APPLICATION_JSON)
public class ConversationsResource {
    /** It is shown whole; one that waits for more has the list. */
    private static final int MOST = 500;

    @Inject
    ApprovalLifecycle lifecycle;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    record Pending(boolean hasPending, List<ApprovalRow> approvals) {}

    @GET
    @Path("{id}/pending-approvals")
    public Pending pending(@PathParam("id") String id) {
        var endUser = Query.of(uri, "endUser").text("endUser").orElse(null);
        var found = lifecycle.pending(callers.present(), id, endUser, MOST);
        return new Pending(!found.isEmpty(), found);
    }
}
