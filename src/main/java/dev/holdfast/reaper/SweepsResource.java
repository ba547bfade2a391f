package dev.holdfast.reaper;

import dev.holdfast.event.Actor;
import dev.holdfast.key.Callers;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Body;
import dev.holdfast.platform.json.Cursor;
import dev.holdfast.platform.json.Page;
import dev.holdfast.platform.json.Query;
import dev.holdfast.platform.json.Within;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Unknown;
import dev.holdfast.reaper.Sweep.Trigger;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.util.List;

/** Sweeps asked for by people, and the history of all. */
@Path("sweeps")
@RequestScoped
@RolesAllowed({Scope.OPERATE, Scope.SYSTEM})
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class SweepsResource {
    /** Most approvals that a sweep ends if it does not say otherwise. */
    private static final int APPROVALS_AT_ONCE = 100;

    @Inject
    Sweeper sweeper;

    @Inject
    Sweeps sweeps;

    @Inject
    Phase.All phases;

    @Inject
    Callers callers;

    @Context
    UriInfo uri;

    record NewSweep(
            @Size(min = 1, max = 16, message = "must name at least one phase")
            List<String> phases,

            Boolean dryRun,
            @Within(min = "PT0S", max = "P36500D") Duration cutoff,

            @Min(value = 1, message = "must be from 1 to 525600")
            @Max(value = 525_600, message = "must be from 1 to 525600")
            Integer timeoutMinutes,

            @Min(value = 1, message = "must be from 1 to 1000") @Max(value = 1000, message = "must be from 1 to 1000")
            Integer limit) {}

    @POST
    @Consumes(MediaType.WILDCARD) // there need not be a body, and without one there is no type
    public Sweep sweep(Body body) {
        var wanted = body.orEmptyAs(NewSweep.class);
        var caller = callers.present();
        return sweeper.sweep(new SweepOrder(
                Trigger.API,
                known(wanted),
                Boolean.TRUE.equals(wanted.dryRun()),
                caller.may(Scope.SYSTEM) ? null : caller.tenant(),
                caller.tenant(),
                callers.author(caller.may(Scope.SYSTEM) ? Actor.Kind.SYSTEM : Actor.Kind.OPERATOR),
                wanted.cutoff(),
                wanted.timeoutMinutes() == null ? null : Duration.ofMinutes(wanted.timeoutMinutes()),
                wanted.limit() == null ? APPROVALS_AT_ONCE : wanted.limit()));
    }

    @GET
    public Page<Sweep> list() {
        var query = Query.of(uri, "limit", "cursor");
        var before = query.cursor().map(cursor -> cursor.id(0)).orElse(null);
        var found = sweeps.page(callers.present().tenant(), before, query.limit() + 1);
        return Page.of(found, query.limit(), last -> Cursor.of(last.sweepId()));
    }

    @GET
    @Path("{id}")
    public Sweep get(@PathParam("id") String id) {
        Query.of(uri);
        var sweep = Query.id("sweep", id);
        return sweeps.find(callers.present().tenant(), sweep).orElseThrow(() -> new Unknown("sweep", sweep));
    }

    /** The phases asked for; what belongs to one phase only asks for that phase. */
    private List<String> known(NewSweep wanted) {
        if (wanted.phases() == null) {
            if (wanted.cutoff() != null) {
                return List.of("leases");
            }
            return wanted.limit() != null || wanted.timeoutMinutes() != null ? List.of("approvals") : List.of();
        }
        for (int i = 0; i < wanted.phases().size(); i++) {
            if (!phases.byName().containsKey(wanted.phases().get(i))) {
                throw new InvalidRequest(
                        "phases[" + i + "]", "must be one of " + phases.byName().keySet());
            }
        }
        return wanted.phases();
    }
}
