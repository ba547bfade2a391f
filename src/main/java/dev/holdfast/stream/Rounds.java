package dev.holdfast.stream;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.partitioningBy;

import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Topic;
import dev.holdfast.stream.Feed.Waiting;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * Gives this node's streams what they lack, one round after the other: a statement for all that follow a run or a tenant
 * from the same place, none for those that lack nothing. What is heard begins a round at once; a look at all of them from
 * time to time, by one statement, finds what was not heard.
 */
@ApplicationScoped
class Rounds {
    private static final Logger LOG = Logger.getLogger(Rounds.class.getName());
    private static final long REST_MILLIS = 25;
    private static final long HELD_MILLIS = 100;
    private static final long FAULT_MILLIS = 1_000;
    private static final long LOOK_MILLIS = 2_000;
    private static final long DEAF_LOOK_MILLIS = 250;

    /** So many sections at most are in memory at once. */
    private static final int RUNS_A_STATEMENT = 20;

    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Followers followers;
    private final Feed feed;
    private final Signals signals;
    private volatile long lastRound = System.nanoTime();
    private volatile long lastLook = System.nanoTime();
    private Future<?> looking;

    @Resource
    ManagedScheduledExecutorService timer;

    protected Rounds() { // for the proxy
        this(null, null, null);
    }

    @Inject
    Rounds(Followers followers, Feed feed, Signals signals) {
        this.followers = followers;
        this.feed = feed;
        this.signals = signals;
    }

    void begin(@Observes Startup startup) {
        signals.subscribe(Topic.Kind.EVENTS, this::heard);
        looking = timer.scheduleWithFixedDelay(this::look, DEAF_LOOK_MILLIS, DEAF_LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Before the beans that it asks are gone; Liberty ends an application's timers only after those. */
    @PreDestroy
    void close() {
        looking.cancel(false);
    }

    /** Lets a round begin, as soon as the last one is some time past. */
    void soon() {
        if (scheduled.compareAndSet(false, true)) {
            after(Math.max(0, REST_MILLIS - millisSince(lastRound)), this::round);
        }
    }

    private void heard(Topic topic) {
        var streams = topic.isAnywhere() ? followers.all() : followers.of(topic.tenant(), UUID.fromString(topic.key()));
        wake(streams);
    }

    private void wake(Collection<Stream> streams) {
        streams.forEach(Stream::fallBehind);
        if (!streams.isEmpty()) {
            soon();
        }
    }

    private void look() {
        if (followers.all().isEmpty() || signals.isHearing() && millisSince(lastLook) < LOOK_MILLIS) {
            return;
        }
        lastLook = System.nanoTime();
        var streams =
                followers.all().stream().collect(groupingBy(stream -> new Waiting(stream.subject(), stream.place())));
        try {
            feed.news(List.copyOf(streams.keySet())).forEach(waiting -> wake(streams.get(waiting)));
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "streams cannot be looked after now", e);
        }
    }

    private void round() {
        try {
            followers.all().stream()
                    .filter(Stream::catchesUp)
                    .collect(groupingBy(stream -> stream.subject().tenant()))
                    .forEach(this::serve);
        } finally {
            lastRound = System.nanoTime();
            scheduled.set(false);
        }
        if (followers.all().stream().anyMatch(Stream::isWaitingForMore)) {
            soon();
        }
    }

    private void serve(UUID tenant, List<Stream> streams) {
        try {
            var kinds = streams.stream()
                    .collect(partitioningBy(stream -> stream.subject().isRun()));
            serveRuns(tenant, kinds.get(true));
            kinds.get(false).stream().collect(groupingBy(Stream::place)).forEach((place, those) -> {
                var section = feed.ofTenant(tenant, place);
                those.forEach(stream -> stream.give(section));
                if (section.held()) {
                    after(HELD_MILLIS, () -> wake(those));
                }
            });
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "streams cannot be served now", e);
            after(FAULT_MILLIS, () -> wake(streams));
        }
    }

    private void serveRuns(UUID tenant, List<Stream> streams) {
        var ofPlace = streams.stream().collect(groupingBy(Stream::place));
        var places = List.copyOf(ofPlace.keySet());
        for (int i = 0; i < places.size(); i += RUNS_A_STATEMENT) {
            var some = places.subList(i, Math.min(places.size(), i + RUNS_A_STATEMENT));
            feed.ofRuns(tenant, some.stream().collect(Collectors.toSet()))
                    .forEach((place, section) -> ofPlace.get(place).forEach(stream -> stream.give(section)));
        }
    }

    private void after(long millis, Runnable what) {
        try {
            timer.schedule(what, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopping) {
            LOG.log(Level.FINE, "the streams end with the node", stopping);
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
