package dev.holdfast.schedule;

import dev.holdfast.event.Actor;
import dev.holdfast.key.Caller;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.problem.Problem;
import dev.holdfast.run.RunLifecycle;
import dev.holdfast.run.RunRow;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What operators do with schedules, and what a firing does. */
@ApplicationScoped
public class ScheduleDesk {
    private final Schedules schedules;
    private final RunLifecycle runs;

    protected ScheduleDesk() { // for the proxy
        this(null, null);
    }

    @Inject
    ScheduleDesk(Schedules schedules, RunLifecycle runs) {
        this.schedules = schedules;
        this.runs = runs;
    }

    /** @throws Problem 404 if there is no such schedule */
    Schedule find(UUID tenant, String name) {
        return schedules.find(tenant, name).orElseThrow(() -> unknown(name));
    }

    /** @throws Problem 409 if there is such a schedule already */
    Schedule add(UUID tenant, Wanted wanted) {
        var name = wanted.name();
        if (!schedules.add(tenant, wanted, wanted.first(schedules.now(tenant)))) {
            throw new Problem(409, "schedule_exists", "There is a schedule " + name + " already.");
        }
        return find(tenant, name);
    }

    /** @param isNew whether the schedule was made by this call */
    record Put(Schedule schedule, boolean isNew) {}

    /**
     * Makes a schedule, or replaces the one of this name.
     *
     * @param version that the caller has seen; null if it named none, which only a new schedule allows
     * @throws Problem 428 if the schedule exists and no version was named, 412 if it is at another
     */
    Put put(UUID tenant, Wanted wanted, Long version) {
        var name = wanted.name();
        var first = wanted.first(schedules.now(tenant));
        if (version == null && schedules.add(tenant, wanted, first)) {
            return new Put(find(tenant, name), true);
        }
        if (version == null) {
            throw new Problem(
                            428,
                            "precondition_required",
                            "The schedule exists: read it, and send its ETag as If-Match with what shall replace it.")
                    .with("currentVersion", find(tenant, name).version());
        }
        if (!schedules.replace(tenant, wanted, first, version)) {
            throw mismatch(find(tenant, name), version);
        }
        return new Put(find(tenant, name), false);
    }

    /** Its runs stay. @param version null for any @throws Problem 404 if there is none, 412 if it is at another version */
    void delete(UUID tenant, String name, Long version) {
        if (!schedules.delete(tenant, name, version)) {
            throw mismatch(find(tenant, name), version);
        }
    }

    /** Makes a run now, as if the schedule fired, whatever its other runs do. */
    @Transactional
    public RunRow runNow(Caller caller, String name, String correlationId) {
        var schedule = find(caller.tenant(), name);
        return submit(schedule, new Actor(Actor.Kind.OPERATOR, caller.name()), null, correlationId);
    }

    /** Moves a due schedule on and makes its run, in one transaction. @return null if it made none */
    @Transactional
    public RunRow fire(Schedule due, Firing firing, String correlationId) {
        var actor = new Actor(Actor.Kind.SCHEDULE, due.name());
        return schedules.take(due, firing).orElse(false) ? submit(due, actor, firing.at(), correlationId) : null;
    }

    private RunRow submit(Schedule schedule, Actor actor, Instant at, String correlationId) {
        var run = runs.submit(schedule.tenant(), actor, wanted(schedule, at), correlationId);
        schedules.ran(schedule.tenant(), schedule.name(), run.id());
        return run;
    }

    private static Map<String, Object> wanted(Schedule schedule, Instant at) {
        var wanted = new HashMap<String, Object>();
        wanted.put("lane", schedule.lane());
        wanted.put("type", schedule.type());
        wanted.put("input", Json.stored(schedule.input()));
        wanted.put("labels", Map.of("schedule", schedule.name()));
        wanted.put("metadata", at == null ? Map.of() : Map.of("scheduledFor", at));
        if (schedule.overlap() == Overlap.QUEUE) {
            wanted.put("concurrencyKey", "schedule:" + schedule.name());
        }
        return wanted;
    }

    private static Problem unknown(String name) {
        return new Problem(404, "not_found", "There is no schedule " + name + ".");
    }

    private static Problem mismatch(Schedule schedule, long expected) {
        return new Problem(412, "version_mismatch", "The schedule has been changed since version " + expected + ".")
                .with("currentVersion", schedule.version());
    }
}
