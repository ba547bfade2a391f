package dev.holdfast.lane;

import dev.holdfast.event.Author;
import dev.holdfast.lane.LaneCensus.Count;
import dev.holdfast.platform.jmx.Jmx;
import dev.holdfast.platform.problem.Problem;
import java.util.logging.Logger;

/** A lane in an operator's hands, by the same use cases as over HTTP. */
final class LaneControl implements LaneMXBean {
    private static final Logger LOG = Logger.getLogger(LaneControl.class.getName());

    private final LaneCensus.Id lane;
    private final LaneCensus census;
    private final LaneDesk desk;

    LaneControl(LaneCensus.Id lane, LaneCensus census, LaneDesk desk) {
        this.lane = lane;
        this.census = census;
        this.desk = desk;
    }

    @Override
    public long getQueued() {
        return now().queued();
    }

    @Override
    public long getInFlight() {
        return now().claimed() + now().running();
    }

    @Override
    public long getSuspended() {
        return now().suspended();
    }

    @Override
    public double getOldestQueuedAgeSeconds() {
        return now().oldestQueuedSeconds();
    }

    @Override
    public boolean isPaused() {
        return now().paused();
    }

    @Override
    public int getMaxInFlight() {
        return now().maxInFlight();
    }

    @Override
    public void setMaxInFlight(int limit) {
        changed(desk.limit(lane.tenant(), lane.name(), limit == 0 ? null : limit, Author.JMX));
    }

    @Override
    public void pause() {
        changed(desk.pause(lane.tenant(), lane.name(), true, null, Author.JMX));
    }

    @Override
    public void unpause() {
        changed(desk.pause(lane.tenant(), lane.name(), false, null, Author.JMX));
    }

    private Count now() {
        return census.of(lane).orElseThrow(() -> new Problem(404, "not_found", "There is no lane " + lane + "."));
    }

    private void changed(Lane now) {
        census.forget();
        LOG.info(() -> "HLDF0503I: lane %s of tenant %s is now at version %d, by %s: %s, %s"
                .formatted(
                        lane.name(),
                        lane.tenantName(),
                        now.version(),
                        Jmx.ACTOR,
                        now.policy().paused() ? "paused" : "not paused",
                        now.policy().maxInFlight() == null
                                ? "no limit of runs in flight"
                                : "at most " + now.policy().maxInFlight() + " runs in flight"));
    }
}
