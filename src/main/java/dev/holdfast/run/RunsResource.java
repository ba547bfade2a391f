package dev.holdfast.run;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.event.Event;
import dev.holdfast.event.Timeline;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Replies;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Runs for those who make and watch them. */
@Path("runs")
@RequestScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class RunsResource {
    private static final int EVENTS_A_PAGE = 100;
    private static final java.util.regex.Pattern IDEMPOTENCY_KEY =
            java.util.regex.Pattern.compile("[\\x20-\\x7e]{1,200}");

    @Inject
    RunLifecycle lifecycle;

    @Inject
    Runs runs;

    @Inject
    Timeline timeline;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @Context
    HttpServletRequest http;

    record Batch(
            @NotNull(message = "is required") @Size(min = 1, max = 1000, message = "must have 1 to 1000 items")
            List<JsonNode> runs) {}

    record BatchItem(int index, RunRow run, Map<String, Object> problem) {}

    public record Items<T>(List<T> items) {}

    @POST
    @RolesAllowed(Scope.SUBMIT)
    public Response submit(Body body, @HeaderParam("Idempotency-Key") String idempotencyKey) {
        if (idempotencyKey != null && !IDEMPOTENCY_KEY.matcher(idempotencyKey).matches()) {
            throw new InvalidRequest("Idempotency-Key", "must be 1 to 200 printable ASCII characters");
        }
        var submitted = lifecycle.submit(callers.present(), body.required(), idempotencyKey, Correlation.id(http));
        var run = submitted.run();
        var reply = submitted.isNew() ? Response.created(URI.create("runs/" + run.id())) : Response.ok();
        return reply.tag(Tag.of(run.version())).entity(run).build();
    }

    @POST
    @Path("batch")
    @RolesAllowed(Scope.SUBMIT)
    public Items<BatchItem> submitAll(Body body) {
        var outcomes = Outcome.ofEach(
                body.as(Batch.class).runs(),
                Submission.class,
                wanted -> lifecycle.submitAll(callers.present(), wanted, Correlation.id(http)));
        return new Items<>(IntStream.range(0, outcomes.size())
                .mapToObj(i -> new BatchItem(
                        i, outcomes.get(i).value(), Replies.item(outcomes.get(i).problem(), http)))
                .toList());
    }

    @GET
    @RolesAllowed(Scope.READ)
    public Page<RunRow> list() {
        var query = Query.of(uri, RunFilter.PARAMETERS);
        var search = new RunSearch(callers.present().tenant(), RunFilter.of(query));
        query.cursor().ifPresent(search::after);
        var found = runs.list(search, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.submittedAt(), last.id()));
    }

    @GET
    @Path("{id}")
    @RolesAllowed({Scope.READ, Scope.OWN_RUN})
    public Response get(@PathParam("id") String id, @HeaderParam("If-None-Match") String ifNoneMatch) {
        Query.of(uri);
        var run = lifecycle.find(callers.present(), Query.id("run", id));
        return Tag.reply(run, run.version(), ifNoneMatch);
    }

    @GET
    @Path("{id}/explain")
    @RolesAllowed(Scope.READ)
    public Explanation explain(@PathParam("id") String id) {
        Query.of(uri);
        return lifecycle.explain(callers.present(), Query.id("run", id));
    }

    // Said again for the sake of qs, without which whoever takes anything would be given the stream.
    @GET
    @Path("{id}/events")
    @Produces(MediaType.APPLICATION_JSON + ";qs=1")
    @RolesAllowed({Scope.READ, Scope.OWN_RUN})
    public Page<Event> events(@PathParam("id") String id) {
        var query = Query.of(uri, "after", "limit");
        var run = lifecycle.find(callers.present(), Query.id("run", id));
        int after = query.parsed("after", "must be the id of an event", RunsResource::eventNumber)
                .orElse(0);
        int limit = query.limit(EVENTS_A_PAGE);
        var found = timeline.after(callers.present().tenant(), run.id(), after, limit + 1);
        return Page.of(found, limit, Event::id);
    }

    static int eventNumber(String text) {
        if (!text.matches("\\d{1,10}")) {
            throw new IllegalArgumentException();
        }
        return (int) Math.min(Long.parseLong(text), Integer.MAX_VALUE);
    }
}
