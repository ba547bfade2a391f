package dev.holdfast.lane;

import dev.holdfast.lane.LaneCensus.Count;
import dev.holdfast.lane.LaneCensus.Id;
import dev.holdfast.platform.health.Progress;
import dev.holdfast.platform.jmx.Jmx;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import jakarta.ejb.Schedule;
import jakarta.ejb.Singleton;
import jakarta.ejb.TransactionManagement;
import jakarta.ejb.TransactionManagementType;
import jakarta.inject.Inject;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Keeps JMX and metrics in step with the lanes that there are. Lanes come to be by being named, so it looks now and then. */
@Singleton
@TransactionManagement(TransactionManagementType.BEAN)
public class LaneWatch {
    private static final Logger LOG = Logger.getLogger(LaneWatch.class.getName());

    /** So many lanes are watched one by one: each is an MXBean and five time series. */
    private static final int MOST = 1000;

    private static final Map<String, ToLongFunction<Count>> STATES = Map.of(
            "queued",
            Count::queued,
            "claimed",
            Count::claimed,
            "running",
            Count::running,
            "suspended",
            Count::suspended);

    private final Set<Id> watched = new HashSet<>();

    @Inject
    LaneCensus census;

    @Inject
    LaneDesk desk;

    @Inject
    Jmx jmx;

    @Inject
    Metrics metrics;

    @Inject
    Progress progress;

    /** A tick never throws: that would end the timer. */
    @Schedule(hour = "*", minute = "*", second = "*/5", persistent = false)
    public void keepInStep() {
        if (!progress.isStarted()) {
            return;
        }
        try {
            var present = new HashSet<>(census.lanes(MOST));
            watched.stream().filter(lane -> !present.contains(lane)).toList().forEach(this::hide);
            present.stream().filter(lane -> !watched.contains(lane)).forEach(this::show);
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "lanes not looked at; the next tick tries again", e);
        }
    }

    private void show(Id lane) {
        census.forget(); // the last count may be older than the lane
        jmx.show(name(lane), LaneMXBean.class, new LaneControl(lane, census, desk));
        STATES.forEach((state, count) ->
                metrics.show(Metric.RUNS, () -> count.applyAsLong(now(lane)), lane.tenantName(), lane.name(), state));
        metrics.show(Metric.QUEUE_OLDEST, () -> now(lane).oldestQueuedSeconds(), lane.tenantName(), lane.name());
        watched.add(lane);
        if (watched.size() == MOST) {
            LOG.warning("HLDF0504W: JMX and metrics show the oldest " + MOST + " lanes only");
        }
    }

    private void hide(Id lane) {
        jmx.hide(name(lane));
        STATES.keySet().forEach(state -> metrics.hide(Metric.RUNS, lane.tenantName(), lane.name(), state));
        metrics.hide(Metric.QUEUE_OLDEST, lane.tenantName(), lane.name());
        watched.remove(lane);
    }

    private Count now(Id lane) {
        return census.of(lane).orElseThrow();
    }

    private static String name(Id lane) {
        return "type=Lane,tenant=" + Jmx.value(lane.tenantName()) + ",name=" + lane.name();
    }
}
