package dev.holdfast.lane;

import dev.holdfast.event.Author;
import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Topic;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.UUID;

/** What operators do with lanes, over HTTP and JMX alike. */
@ApplicationScoped
public class LaneDesk {
    private final Lanes lanes;
    private final LaneDefaults defaults;
    private final Signals signals;

    protected LaneDesk() { // for the proxy
        this(null, null, null);
    }

    @Inject
    LaneDesk(Lanes lanes, LaneDefaults defaults, Signals signals) {
        this.lanes = lanes;
        this.defaults = defaults;
        this.signals = signals;
    }

    /** @throws Problem 404 if there is no such lane */
    public Lane find(UUID tenant, String name) {
        return lanes.find(tenant, name)
                .orElseThrow(() -> new Problem(404, "not_found", "There is no lane " + name + "."));
    }

    /** @param isNew whether the lane was made by this call */
    record Put(Lane lane, boolean isNew) {}

    /**
     * Gives a lane this policy, and makes the lane if it is not there.
     *
     * @param version that the caller has seen; null if it named none, which only a new lane allows
     * @throws Problem 428 if the lane exists and no version was named, 412 if it is at another
     */
    Put put(UUID tenant, String name, LanePolicy wanted, Long version, Author author) {
        var policy = wanted.or(defaults.policy()).sound();
        if (version == null && lanes.add(tenant, name, policy, author)) {
            return new Put(find(tenant, name), true);
        }
        if (version == null) {
            throw new Problem(
                            428,
                            "precondition_required",
                            "The lane exists: read it, and send its ETag as If-Match with what shall replace it.")
                    .with("currentVersion", find(tenant, name).version());
        }
        if (!lanes.replace(tenant, name, policy, version, author)) {
            throw mismatch(find(tenant, name), version);
        }
        return new Put(changed(tenant, name), false);
    }

    /** Nothing of a paused lane is claimed. A second call changes nothing. @param version null for any */
    public Lane pause(UUID tenant, String name, boolean paused, Long version, Author author) {
        if (!lanes.pause(tenant, name, paused, version, author)) {
            var lane = find(tenant, name);
            if (version != null && version != lane.version()) {
                throw mismatch(lane, version);
            }
            return lane;
        }
        return changed(tenant, name);
    }

    /**
     * @param maxInFlight null for no limit
     * @throws InvalidRequest if it is not one that a policy can have
     */
    public Lane limit(UUID tenant, String name, Integer maxInFlight, Author author) {
        if (maxInFlight != null && (maxInFlight < 1 || maxInFlight > LanePolicy.MOST_IN_FLIGHT)) {
            throw new InvalidRequest("maxInFlight", "must be from 1 to " + LanePolicy.MOST_IN_FLIGHT);
        }
        lanes.limit(tenant, name, maxInFlight, author);
        return changed(tenant, name);
    }

    /** What waits in the lane may be claimable now. */
    private Lane changed(UUID tenant, String name) {
        signals.publish(Topic.work(tenant, name));
        return find(tenant, name);
    }

    private static Problem mismatch(Lane lane, long expected) {
        return new Problem(412, "version_mismatch", "The lane has been changed since version " + expected + ".")
                .with("currentVersion", lane.version());
    }
}
