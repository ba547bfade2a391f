package dev.holdfast.lane;

import dev.holdfast.platform.Settings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;

/** The policy of a lane about which nobody has said anything: the settings', and where they are silent the standard. */
@ApplicationScoped
public class LaneDefaults {
    private final LanePolicy policy;

    protected LaneDefaults() { // for the proxy
        policy = null;
    }

    @Inject
    LaneDefaults(Settings settings) {
        var lane = settings.laneDefaults();
        policy = new LanePolicy(
                        LanePolicy.Heartbeat.valueOf(lane.heartbeat()),
                        lane.heartbeatTimeout(),
                        lane.claimTimeout(),
                        null,
                        null,
                        lane.approvalTimeout(),
                        LanePolicy.OnLost.valueOf(lane.onLost()),
                        lane.maxAttempts(),
                        lane.maxLost(),
                        null,
                        null,
                        null,
                        lane.retention())
                .or(LanePolicy.STANDARD);
    }

    public LanePolicy policy() {
        return policy;
    }
}
