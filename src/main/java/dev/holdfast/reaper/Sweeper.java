package dev.holdfast.reaper;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.TenantTimeline;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.json.Json;
import dev.holdfast.reaper.Sweep.Count;
import dev.holdfast.run.Herald;
import dev.holdfast.run.Losses;
import dev.holdfast.run.Verdict;
import dev.holdfast.run.Warrant;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** Carries a sweep out, phase by phase. Each statement is a transaction of its own, so what is done stays done. */
@ApplicationScoped
public class Sweeper {
    private static final Logger LOG = Logger.getLogger(Sweeper.class.getName());

    /** No sweep takes more of one phase: what is left is the next one's, and the timer keeps its pace. */
    private static final int CEILING = 20_000;

    /** A lane that has fewer stale leases than this is never held: a handful of dead workers is an ordinary day. */
    private static final int MASS = 20;

    @Resource
    ManagedExecutorService executor;

    private final Phase.All phases;
    private final Losses losses;
    private final Sweeps sweeps;
    private final ReaperCounters counters;
    private final Settings settings;
    private final TenantTimeline timeline;
    private final Herald herald;

    protected Sweeper() { // for the proxy
        this(null, null, null, null, null, null, null);
    }

    @Inject
    Sweeper(
            Phase.All phases,
            Losses losses,
            Sweeps sweeps,
            ReaperCounters counters,
            Settings settings,
            TenantTimeline timeline,
            Herald herald) {
        this.phases = phases;
        this.losses = losses;
        this.sweeps = sweeps;
        this.counters = counters;
        this.settings = settings;
        this.timeline = timeline;
        this.herald = herald;
    }

    /** Sweeps outside of any transaction of the caller. */
    @Transactional(Transactional.TxType.NOT_SUPPORTED)
    Sweep sweep(SweepOrder order) {
        var startedAt = sweeps.now();
        var warrant = new Warrant(
                UuidCreator.getTimeOrderedEpoch(),
                settings.nodeName(),
                order.tenant(),
                order.cutoff(),
                order.askedFor(),
                order.dryRun(),
                order.trigger().byPerson(),
                order.correlationId());
        if (order.isDeed()) {
            timeline.tell(order.asker(), order.told(warrant.sweepId()));
        }
        var counts = new LinkedHashMap<String, Count>();
        var course = new Course(warrant);
        phases.byName().forEach((name, phase) -> {
            if (order.phases().isEmpty() || order.phases().contains(name)) {
                counts.put(name, carryOut(name, phase, order, course));
            }
        });
        course.awaitSaid();
        int cleanedUp = counts.values().stream().mapToInt(Count::cleanedUp).sum();
        int failed = counts.values().stream().mapToInt(Count::failed).sum();
        var sweep = new Sweep(
                warrant.sweepId(),
                order.trigger(),
                order.actor(),
                warrant.node(),
                order.dryRun(),
                startedAt,
                sweeps.now(),
                cleanedUp,
                failed,
                cleanedUp + failed,
                counts,
                course.verdicts);
        if (!order.dryRun()) {
            counters.count(sweep);
            sweeps.keep(sweep, order.asker());
        }
        if (!order.trigger().byPerson() && course.broken.isEmpty()) {
            sweeps.succeeded(); // whatever single rows did: readiness asks whether the dead are looked for
        }
        return sweep;
    }

    /** Notes the beginning of a sweep of all tenants, if it is time for one. */
    @Transactional(Transactional.TxType.NOT_SUPPORTED)
    boolean begin(Duration sinceLast) {
        return sweeps.beginIfDue(settings.sweepInterval(), sinceLast);
    }

    /** What has become of a sweep so far. */
    private final class Course {
        final Warrant warrant;
        final List<Verdict> verdicts = new ArrayList<>();
        final List<String> broken = new ArrayList<>();
        CompletableFuture<Void> said = CompletableFuture.completedFuture(null);

        Course(Warrant warrant) {
            this.warrant = warrant;
        }

        /** Told beside the next batch: a line of the log for each run takes as long as to move it. */
        synchronized void moved(List<Verdict> batch) {
            herald.swept(batch);
            verdicts.addAll(batch);
            said = said.thenRunAsync(() -> tell(warrant, batch), Sweeper.this::beside);
        }

        /** For a moment: where no thread is free to tell it, the sweep has ended all the same, and it is told later. */
        void awaitSaid() {
            said.thenRun(() -> {}).completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
        }
    }

    private void beside(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException stopping) {
            task.run();
        }
    }

    private Count carryOut(String name, Phase phase, SweepOrder order, Course course) {
        var warrant = course.warrant;
        int before = course.verdicts.size();
        var enough = enough(order);
        try {
            var found = phase.find(warrant, most(name, order));
            if (name.equals("leases") && found.size() >= MASS && mayHold(order) && holdMassLosses()) {
                found = phase.find(warrant, CEILING);
            }
            if (order.dryRun()) {
                course.verdicts.addAll(found);
                return new Count(found.size(), 0);
            }
            return name.equals("retention")
                    ? remove(phase, found, enough, course)
                    : move(phase, found, name.equals("leases"), () -> false, course);
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "HLDF0311W: sweep %s: phase %s broke; the others go on, and it is tried again by the next sweep"
                            .formatted(warrant.sweepId(), name),
                    e);
            course.broken.add(name);
            return new Count(course.verdicts.size() - before, 1);
        }
    }

    private Count move(Phase phase, List<Verdict> found, boolean byTwo, BooleanSupplier enough, Course course) {
        var batches = new Batches(phase, course.warrant, ids(found), settings.sweepBatch(), course::moved);
        if (byTwo && batches.count() > 1) {
            beside(batches::take);
        }
        batches.takeUntil(enough);
        return batches.outcome();
    }

    /** The lanes that are behind give alike: so who has more is asked again. What cannot be removed is found each time. */
    private Count remove(Phase phase, List<Verdict> found, BooleanSupplier enough, Course course) {
        var count = move(phase, found, false, enough, course);
        for (int removed = count.cleanedUp(); removed > 0 && !enough.getAsBoolean(); ) {
            var more = move(phase, phase.find(course.warrant, CEILING - count.cleanedUp()), false, enough, course);
            removed = more.cleanedUp();
            count = new Count(count.cleanedUp() + removed, Math.max(count.failed(), more.failed()));
        }
        return count;
    }

    /** What has ended is in no hurry, and those who wait for the next sweep are: the timer's remove for half an interval. */
    private BooleanSupplier enough(SweepOrder order) {
        long begun = System.nanoTime();
        long most = settings.sweepInterval().toNanos() / 2;
        return order.trigger().byPerson() ? () -> false : () -> System.nanoTime() - begun >= most;
    }

    private static int most(String phase, SweepOrder order) {
        return phase.equals("approvals") && order.limit() != null ? order.limit() : CEILING;
    }

    private static boolean mayHold(SweepOrder order) {
        return !order.dryRun() && !order.trigger().byPerson();
    }

    private boolean holdMassLosses() {
        var held = losses.holdMassLosses(settings.sweepInterval(), MASS);
        held.forEach(Sweeper::sayHeld);
        return !held.isEmpty();
    }

    private static List<UUID> ids(List<Verdict> found) {
        return found.stream()
                .map(verdict -> verdict.runId() == null ? keyOf(verdict) : verdict.runId())
                .toList();
    }

    private static UUID keyOf(Verdict verdict) {
        return UUID.fromString(Json.stored(verdict.evidence()).get("keyId").textValue());
    }

    private static void tell(Warrant warrant, List<Verdict> moved) {
        try {
            if (moved.stream().anyMatch(Verdict::isRemoval)) {
                moved.stream()
                        .collect(Collectors.groupingBy(Verdict::tenant, Collectors.counting()))
                        .forEach((tenant, runs) -> sayRemoved(warrant, tenant, runs));
            } else {
                moved.forEach(verdict -> say(warrant, verdict));
            }
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "a batch of sweep " + warrant.sweepId() + " is told in its verdicts alone", e);
        }
    }

    private static void say(Warrant warrant, Verdict verdict) {
        LOG.info(() -> "HLDF0313I: sweep %s: run %s of tenant %s: %s, now %s; worker %s, correlation id %s"
                .formatted(
                        warrant.sweepId(),
                        verdict.runId(),
                        verdict.tenant(),
                        verdict.rule(),
                        verdict.outcome(),
                        Json.stored(verdict.evidence()).path("workerId"), // quoted, whatever the worker calls itself
                        warrant.correlationId()));
    }

    /** Which ones they were, the tenant's timeline tells: nobody is to be woken for each of them. */
    private static void sayRemoved(Warrant warrant, UUID tenant, long runs) {
        LOG.info(() -> "HLDF0317I: sweep %s: removed %d ended runs of tenant %s that their lanes keep no longer"
                .formatted(warrant.sweepId(), runs, tenant));
    }

    private static void sayHeld(Losses.Held held) {
        LOG.warning(() ->
                "HLDF0314W: lane %s of tenant %s has lost %d of %d owners at once; it is held for one sweep interval, for the fault may be the network's"
                        .formatted(held.lane(), held.tenant(), held.stale(), held.leases()));
    }
}
