package dev.holdfast.approval;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.approval.ApprovalDesk.Choice;
import dev.holdfast.approval.ApprovalDesk.Decided;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.database.ExpectedErrors;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Canonical;
import dev.holdfast.platform.json.Line;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Tag;
import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.platform.problem.Replies;
import dev.holdfast.run.Outcome;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/** Approvals for the people who decide, for whoever shows them, and for the owner of a run who redeems one. */
@Path("approvals")
@RequestScoped
@RolesAllowed({Scope.READ, Scope.DECIDE})
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class ApprovalsResource {
    private static final String REASON = "(?s)[^\\x00]{1,1000}";
    private static final String REASON_EXPECTED = "must be 1 to 1000 characters";

    @Inject
    ApprovalLifecycle lifecycle;

    @Inject
    Approvals approvals;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    @Context
    HttpServletRequest http;

    record NewDecision(
            @NotNull(message = "is required: true or false") Boolean approved,

            @Pattern(regexp = REASON, message = REASON_EXPECTED)
            String reason,

            @Line String argsDigest) {
        Choice choice() {
            return new Choice(approved, reason, argsDigest);
        }
    }

    record NewDecisions(
            @NotNull(message = "is required") @Size(min = 1, max = 1000, message = "must have 1 to 1000 items")
            List<JsonNode> items) {}

    record Item(
            @NotNull(message = "is required") UUID id,
            @NotNull(message = "is required: true or false") Boolean approved,

            @Pattern(regexp = REASON, message = REASON_EXPECTED)
            String reason,

            @Line String argsDigest) {
        Choice choice() {
            return new Choice(approved, reason, argsDigest);
        }
    }

    record Redemption(
            @NotNull(message = QuestionsResource.FENCE_REQUIRED) @Min(0)
            Long fence,

            JsonNode args) {
        /** @throws InvalidRequest if the args have the digest of others */
        Redemption {
            if (!Canonical.carries(args)) {
                throw new InvalidRequest("args", Canonical.NUMBERS);
            }
        }
    }

    record DecidedApproval(@JsonUnwrapped ApprovalRow approval, Integer missing) {
        static DecidedApproval of(Decided decided) {
            return new DecidedApproval(decided.approval(), decided.missing());
        }
    }

    record DecidedItem(int index, String id, DecidedApproval approval, Map<String, Object> problem) {}

    record DecidedItems(List<DecidedItem> items) {}

    @GET
    public Page<ApprovalRow> list() {
        var query = Query.of(uri, ApprovalFilter.PARAMETERS);
        var filter = ApprovalFilter.of(query);
        var found = approvals.list(callers.present().tenant(), filter, query.limit() + 1);
        return Page.of(found, query.limit(), filter::cursorAfter);
    }

    @GET
    @Path("{id}")
    public Response get(@PathParam("id") String id, @HeaderParam("If-None-Match") String ifNoneMatch) {
        Query.of(uri);
        var approval = lifecycle.find(callers.present(), Query.id("approval", id));
        return Tag.reply(approval, approval.version(), ifNoneMatch);
    }

    @POST
    @Path("{id}/decision")
    @RolesAllowed(Scope.DECIDE)
    public Response decide(@PathParam("id") String id, Body body) {
        var approval = Query.id("approval", id);
        var choice = body.as(NewDecision.class).choice();
        var decided = lifecycle.decide(callers.present(), approval, choice, Correlation.id(http));
        return Response.ok(DecidedApproval.of(decided))
                .tag(Tag.of(decided.approval().version()))
                .build();
    }

    @POST
    @Path("decisions")
    @RolesAllowed(Scope.DECIDE)
    public DecidedItems decideAll(Body body) {
        var sent = body.as(NewDecisions.class).items();
        var outcomes = Outcome.ofEach(
                sent, Item.class, wanted -> wanted.stream().map(this::decided).toList());
        return new DecidedItems(IntStream.range(0, sent.size())
                .mapToObj(i -> new DecidedItem(
                        i,
                        sent.get(i).path("id").textValue(),
                        outcomes.get(i).value(),
                        Replies.item(outcomes.get(i).problem(), http)))
                .toList());
    }

    @POST
    @Path("{id}/redeem")
    @RolesAllowed({Scope.WORK, Scope.OWN_RUN})
    public Response redeem(@PathParam("id") String id, Body body) {
        var approval = Query.id("approval", id);
        var wanted = body.as(Redemption.class);
        var redeemed =
                lifecycle.redeem(callers.present(), approval, wanted.fence(), wanted.args(), Correlation.id(http));
        return Response.ok(redeemed).tag(Tag.of(redeemed.version())).build();
    }

    private Outcome<DecidedApproval> decided(Item wanted) {
        try {
            return Outcome.done(DecidedApproval.of(
                    lifecycle.decide(callers.present(), wanted.id(), wanted.choice(), Correlation.id(http))));
        } catch (Problem problem) {
            return Outcome.refused(problem);
        } catch (RuntimeException e) { // those before have been decided, and their callers are to know
            return Outcome.refused(ExpectedErrors.problem(e).orElseThrow(() -> e));
        }
    }
}
