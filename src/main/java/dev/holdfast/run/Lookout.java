package dev.holdfast.run;

import dev.holdfast.run.Prospects.Prospect;
import dev.holdfast.run.WaitingRoom.Place;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Looks, while somebody waits, where there is something to claim: every few seconds whatever has been heard, and when a
 * run's time has come. Often, while other nodes are not heard.
 */
final class Lookout {
    private static final long REST_MILLIS = 4_000;
    private static final long SHORT_REST_MILLIS = 400;

    /** Looks that are wanted one soon after the other are one. */
    private static final long SOON_MILLIS = 50;

    /** What comes later than that, a later look sees in time. */
    private static final Duration HORIZON = Duration.ofMillis(2 * REST_MILLIS);

    private final Prospects prospects;
    private final ScheduledExecutorService timer;
    private final BooleanSupplier hearing;
    private final View view;
    private final Set<Place> wanted = ConcurrentHashMap.newKeySet();
    private final Map<Place, Long> alarms = new ConcurrentHashMap<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicBoolean walking = new AtomicBoolean();

    /** What there is to look at, and who wants to know. */
    interface View {
        /** The lanes that somebody waits for. */
        List<Place> places();

        void seen(Prospect prospect);

        /** A run's time has come. @return whether anybody waits for it */
        boolean due(Place place);

        /** The database did not answer. */
        void blind(RuntimeException why);
    }

    /** @param hearing whether the other nodes are heard */
    Lookout(Prospects prospects, ScheduledExecutorService timer, BooleanSupplier hearing, View view) {
        this.prospects = prospects;
        this.timer = timer;
        this.hearing = hearing;
        this.view = view;
    }

    /** Goes on for as long as there is anything to look at. */
    void watch() {
        if (walking.compareAndSet(false, true)) {
            rest();
        }
    }

    void lookSoonAt(Collection<Place> places) {
        wanted.addAll(places);
        if (!wanted.isEmpty() && looking.compareAndSet(false, true)) {
            later(this::look, SOON_MILLIS);
        }
    }

    private void rest() {
        long most = hearing.getAsBoolean() ? REST_MILLIS : SHORT_REST_MILLIS;
        later(this::walk, most - ThreadLocalRandom.current().nextLong(most / 2));
    }

    private void walk() {
        var places = view.places();
        if (!places.isEmpty()) {
            lookSoonAt(places);
            rest();
            return;
        }
        walking.set(false);
        if (!view.places().isEmpty()) { // somebody came meanwhile
            watch();
        }
    }

    private void look() {
        var places = List.copyOf(wanted);
        places.forEach(wanted::remove);
        try {
            prospects.of(places).forEach(this::see);
        } catch (RuntimeException e) {
            view.blind(e);
        } finally {
            looking.set(false);
            lookSoonAt(List.of()); // at what has come to be wanted meanwhile
        }
    }

    private void see(Prospect prospect) {
        view.seen(prospect);
        if (prospect.next() != null && prospect.next().compareTo(HORIZON) < 0) {
            alarm(prospect.place(), prospect.next().toMillis());
        }
    }

    /** One alarm a lane, the earliest: what comes after it is looked for then. */
    private void alarm(Place place, long millis) {
        var at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        var earliest = alarms.merge(place, at, (one, other) -> one - other < 0 ? one : other);
        if (earliest == at) {
            later(() -> ring(place, at), millis);
        }
    }

    private void ring(Place place, long at) {
        if (alarms.remove(place, at) && view.due(place)) {
            lookSoonAt(List.of(place));
        }
    }

    private void later(Runnable what, long millis) {
        try {
            timer.schedule(what, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            // and so all who wait are let go
        }
    }
}
