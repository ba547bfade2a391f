package dev.holdfast.run;

import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Topic;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/** Tells those who wait, on all nodes, of what has happened to runs; within a transaction, once it is committed. */
@ApplicationScoped
public class Herald {
    private final Signals signals;

    protected Herald() { // for the proxy
        this(null);
    }

    @Inject
    Herald(Signals signals) {
        this.signals = signals;
    }

    /** @param later of those that were queued: whether they may be claimed at once, or some time later */
    public void moved(UUID tenant, Collection<RunRow> runs, Predicate<RunRow> later) {
        var topics = new LinkedHashSet<Topic>();
        runs.forEach(run -> about(tenant, run.id(), run.lane(), run.state(), later.test(run), topics));
        signals.publish(topics);
    }

    /** @param later see {@link #moved(UUID, Collection, Predicate)} */
    void moved(UUID tenant, UUID run, String lane, RunState state, boolean later) {
        var topics = new LinkedHashSet<Topic>();
        about(tenant, run, lane, state, later, topics);
        signals.publish(topics);
    }

    /** Of lines in runs' timelines that are no moves, or of no interest to who waits for work. */
    public void wrote(UUID tenant, Collection<UUID> runs) {
        signals.publish(runs.stream().map(run -> Topic.events(tenant, run)).toList());
    }

    /** Of what a sweep has moved. */
    public void swept(Collection<Verdict> verdicts) {
        var topics = new LinkedHashSet<Topic>();
        verdicts.stream()
                .filter(Verdict::isMove)
                .forEach(verdict -> about(
                        verdict.tenant(),
                        verdict.runId(),
                        verdict.lane(),
                        RunState.of(verdict.outcome()),
                        verdict.backsOff(),
                        topics));
        signals.publish(topics);
    }

    private static void about(UUID tenant, UUID run, String lane, RunState state, boolean later, Set<Topic> topics) {
        topics.add(Topic.events(tenant, run));
        if (state == RunState.QUEUED) {
            topics.add(later ? Topic.later(tenant, lane) : Topic.work(tenant, lane));
        } else if (!RunState.IN_FLIGHT.contains(state)) {
            topics.add(Topic.room(tenant, lane));
        }
    }
}
