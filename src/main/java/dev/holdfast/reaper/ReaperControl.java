package dev.holdfast.reaper;

import dev.holdfast.event.Author;
import dev.holdfast.platform.jmx.Jmx;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.metrics.Metric;
import dev.holdfast.platform.metrics.Metrics;
import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.reaper.Sweep.Trigger;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;

/** The reaper in the hands of whoever watches the node, by the same use cases as over HTTP. */
@ApplicationScoped
public class ReaperControl implements ReaperMXBean {
    private static final Logger LOG = Logger.getLogger(ReaperControl.class.getName());

    /** As many verdicts as a person reads in a console. */
    private static final int MOST_VERDICTS = 100;

    private static final long LONGEST_SECONDS = Duration.ofDays(36_500).toSeconds();

    private final Sweeper sweeper;
    private final Sweeps sweeps;
    private final ReaperCounters counters;
    private final Jmx jmx;
    private final Metrics metrics;

    protected ReaperControl() { // for the proxy
        this(null, null, null, null, null);
    }

    @Inject
    ReaperControl(Sweeper sweeper, Sweeps sweeps, ReaperCounters counters, Jmx jmx, Metrics metrics) {
        this.sweeper = sweeper;
        this.sweeps = sweeps;
        this.counters = counters;
        this.jmx = jmx;
        this.metrics = metrics;
    }

    /** Lets the reaper be seen by JMX and in the metrics. */
    public void show() {
        jmx.show("type=Reaper", ReaperMXBean.class, this);
        metrics.show(Metric.SWEEP_AGE, () -> sweeps.state().age().toMillis() / 1000.0);
    }

    @Override
    public String getLastSweepId() {
        return counters.last() == null ? "" : counters.last().sweepId().toString();
    }

    @Override
    public String getLastSweepAt() {
        return counters.last() == null ? "" : counters.last().startedAt().toString();
    }

    @Override
    public long getAgeSeconds() {
        var age = sweeps.state().age();
        return age == null ? -1 : age.toSeconds();
    }

    @Override
    public long getDurationMillis() {
        var duration = sweeps.state().lastDuration();
        return duration == null ? -1 : duration.toMillis();
    }

    @Override
    public Map<String, Long> getReapedByCode() {
        return counters.byCode();
    }

    @Override
    public boolean isEnabled() {
        return sweeps.state().enabled();
    }

    @Override
    public String sweep() {
        return Json.write(sweep(List.of(), false, null).withVerdicts(0));
    }

    @Override
    public String dryRun() {
        return Json.write(sweep(List.of(), true, null).withVerdicts(MOST_VERDICTS));
    }

    @Override
    public String cleanupStaleRuns(long seconds) {
        if (seconds < 0 || seconds > LONGEST_SECONDS) {
            throw new InvalidRequest("seconds", "must be from 0 to " + LONGEST_SECONDS);
        }
        return Json.write(
                sweep(List.of("leases"), false, Duration.ofSeconds(seconds)).withVerdicts(0));
    }

    @Override
    public void pause() {
        sweeps.enable(false, Author.JMX);
        LOG.warning("HLDF0315W: the reaper is paused on all nodes, by " + Jmx.ACTOR
                + ": no dead owner is found until it goes on");
    }

    @Override
    public void unpause() {
        sweeps.enable(true, Author.JMX);
        LOG.info("HLDF0316I: the reaper goes on, by " + Jmx.ACTOR);
    }

    private Sweep sweep(List<String> phases, boolean dryRun, Duration cutoff) {
        return sweeper.sweep(new SweepOrder(
                Trigger.JMX, phases, dryRun, null, sweeps.firstTenant(), Author.JMX, cutoff, null, null));
    }
}
