package dev.holdfast.webhook;

import dev.holdfast.event.Actor;
import dev.holdfast.event.Author;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.webhook.Attempt.Outcome;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.PositiveOrZero;
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
import java.util.UUID;

/** Webhooks of the caller's tenant. */
@Path("webhooks")
@RequestScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Scope.OPERATE)
public class WebhooksResource {
    private static final String OUTCOMES = "must be delivered, failed, refused or gone";

    @Inject
    WebhookDesk desk;

    @Inject
    Webhooks webhooks;

    @Inject
    Deliveries deliveries;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    /** What is asked without a word needs no body; what is in one is refused by name. */
    record Nothing() {}

    /** One of the two. @param after the number of a transaction @param deliveryId whose event shall be delivered once more */
    record Replay(
            @PositiveOrZero(message = "must not be negative")
            Long after,

            UUID deliveryId) {}

    @POST
    public Response add(Body body) {
        var webhook = desk.add(tenant(), body.as(Wanted.class), author());
        return Response.created(URI.create("webhooks/" + webhook.id()))
                .entity(webhook)
                .build();
    }

    @GET
    public Page<Webhook> list() {
        var query = Query.of(uri, "limit", "cursor");
        var before = query.cursor().map(cursor -> cursor.id(0)).orElse(null);
        var found = webhooks.page(tenant(), before, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.id()));
    }

    @GET
    @Path("{id}")
    public Webhook get(@PathParam("id") String id) {
        Query.of(uri);
        return desk.find(tenant(), webhook(id));
    }

    @DELETE
    @Path("{id}")
    @Consumes(MediaType.WILDCARD)
    public void delete(@PathParam("id") String id) {
        desk.delete(tenant(), webhook(id), author());
    }

    @POST
    @Path("{id}/enable")
    @Consumes(MediaType.WILDCARD) // there need not be a body, and without one there is no type
    public Webhook enable(@PathParam("id") String id, Body body) {
        var webhook = webhook(id);
        body.orEmptyAs(Nothing.class);
        return desk.enable(tenant(), webhook, author());
    }

    @POST
    @Path("{id}/disable")
    @Consumes(MediaType.WILDCARD)
    public Webhook disable(@PathParam("id") String id, Body body) {
        var webhook = webhook(id);
        body.orEmptyAs(Nothing.class);
        return desk.disable(tenant(), webhook, author());
    }

    @POST
    @Path("{id}/rotate")
    @Consumes(MediaType.WILDCARD)
    public Webhook rotate(@PathParam("id") String id, Body body) {
        var webhook = webhook(id);
        body.orEmptyAs(Nothing.class);
        return desk.rotate(tenant(), webhook, author());
    }

    @POST
    @Path("{id}/replay")
    public Webhook replay(@PathParam("id") String id, Body body) {
        var webhook = webhook(id);
        var wanted = body.as(Replay.class);
        if ((wanted.after() == null) == (wanted.deliveryId() == null)) {
            throw new InvalidRequest("", "must have either after or deliveryId");
        }
        return wanted.after() == null
                ? desk.replay(tenant(), webhook, wanted.deliveryId(), author())
                : desk.putBack(tenant(), webhook, wanted.after(), author());
    }

    @GET
    @Path("{id}/deliveries")
    public Page<Delivery> deliveries(@PathParam("id") String id) {
        var query = Query.of(uri, "outcome", "limit", "cursor");
        var outcome =
                query.parsed("outcome", OUTCOMES, WebhooksResource::outcome).orElse(null);
        var before = query.cursor().map(cursor -> cursor.id(0)).orElse(null);
        var webhook = desk.find(tenant(), webhook(id)).id();
        var found = deliveries.page(tenant(), webhook, outcome, before, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.id()));
    }

    private UUID tenant() {
        return callers.present().tenant();
    }

    private Author author() {
        return callers.author(Actor.Kind.OPERATOR);
    }

    private static UUID webhook(String id) {
        return Query.id("webhook", id);
    }

    private static Outcome outcome(String text) {
        var outcome = Outcome.of(text);
        if (!outcome.id().equals(text)) {
            throw new IllegalArgumentException(text); // in capitals, say
        }
        return outcome;
    }
}
