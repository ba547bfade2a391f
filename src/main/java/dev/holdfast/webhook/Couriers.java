package dev.holdfast.webhook;

import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Topic;
import dev.holdfast.platform.health.Node;
import dev.holdfast.platform.health.Progress;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends this node's couriers out. What is heard of a tenant that has webhooks lets it look at once; a look at all of them
 * from time to time finds what was not heard, what waited after a failure, and what a dead node held. While there are no
 * webhooks it only looks, rarely, whether there are.
 */
@ApplicationScoped
class Couriers {
    private static final Logger LOG = Logger.getLogger(Couriers.class.getName());

    /** At once on this node, of which so many for webhooks that were slow, and so many of one tenant. */
    private static final int MOST = 32;

    private static final int MOST_SLOW = 20;
    private static final int MOST_OF_TENANT = 4;

    private static final long TICK_MILLIS = 500;
    private static final long REST_MILLIS = 50;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long CENSUS_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long SECOND_MILLIS = 250;
    private static final int FORGETS = 20;

    private final Set<Queue> held = ConcurrentHashMap.newKeySet();
    private final Set<UUID> heard = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Queues queues;
    private final Deliveries deliveries;
    private final Courier courier;
    private final Signals signals;
    private final Progress progress;
    private final Node node;
    private volatile Set<UUID> tenants = Set.of();
    private volatile boolean stopping;
    private long lastLook = System.nanoTime() - LOOK_NANOS;
    private long lastCensus = System.nanoTime() - CENSUS_NANOS;
    private ThreadPoolExecutor threads;

    @Resource
    ManagedScheduledExecutorService timer;

    @Resource
    ManagedThreadFactory threadFactory;

    protected Couriers() { // for the proxy
        this(null, null, null, null, null, null);
    }

    @Inject
    Couriers(Queues queues, Deliveries deliveries, Courier courier, Signals signals, Progress progress, Node node) {
        this.queues = queues;
        this.deliveries = deliveries;
        this.courier = courier;
        this.signals = signals;
        this.progress = progress;
        this.node = node;
    }

    void begin(@Observes Startup startup) {
        threads = new ThreadPoolExecutor(0, MOST, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), threadFactory);
        signals.subscribe(Topic.Kind.EVENTS, this::heard);
        timer.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** A webhook was made, or may be delivered to again. */
    synchronized void expect(UUID tenant) {
        var more = new HashSet<>(tenants);
        more.add(tenant);
        tenants = Set.copyOf(more);
        wake(tenant);
    }

    @PreDestroy
    void close() {
        stopping = true;
        threads.shutdown();
        try {
            // Most have answered by then; what others were sent is sent again by another node.
            threads.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
    }

    private void heard(Topic topic) {
        if (topic.isAnywhere()) {
            tenants.forEach(this::wake);
        } else if (tenants.contains(topic.tenant())) {
            wake(topic.tenant());
        }
    }

    private void wake(UUID tenant) {
        heard.add(tenant);
        if (scheduled.compareAndSet(false, true)) {
            after(REST_MILLIS, this::answer);
        }
    }

    private void answer() {
        scheduled.set(false);
        var those = List.copyOf(heard);
        those.forEach(heard::remove);
        if (!those.isEmpty() && !stopping) {
            quietly(() -> take(those));
            // An event is not sent before all of lower numbers have ended, which may be a moment later.
            after(SECOND_MILLIS, () -> quietly(() -> take(those)));
        }
    }

    private void after(long millis, Runnable what) {
        try {
            timer.schedule(what, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException ending) {
            LOG.log(Level.FINE, "webhooks are delivered by other nodes", ending);
        }
    }

    private void tick() {
        if (stopping || !progress.isStarted()) { // in this order: a node that stops has no bean left to ask
            return;
        }
        long now = System.nanoTime();
        if (now - lastCensus >= CENSUS_NANOS) {
            lastCensus = now;
            quietly(this::census);
            quietly(this::forget);
        }
        if (now - lastLook >= LOOK_NANOS && !tenants.isEmpty()) {
            lastLook = now;
            quietly(() -> take(null));
        }
    }

    private synchronized void census() {
        tenants = queues.tenants();
    }

    private void forget() {
        for (int batch = 0; batch < FORGETS && deliveries.forgetSome(); batch++) {
            LOG.fine("more of the webhooks' log is old");
        }
    }

    // One at a time: what is free is counted here.
    private synchronized void take(List<UUID> among) {
        int free = MOST - held.size();
        if (free <= 0 || stopping || node.isDraining()) {
            return;
        }
        int slow = MOST_SLOW - (int) held.stream().filter(Queue::slow).count();
        var busy = held.stream().map(Queue::tenant).toList();
        for (var queue : queues.take(busy, among, MOST_OF_TENANT, slow, free)) {
            held.add(queue);
            send(queue);
        }
    }

    private void send(Queue queue) {
        try {
            threads.execute(() -> {
                try {
                    courier.deliver(queue, () -> stopping);
                } catch (RuntimeException e) {
                    LOG.log(
                            Level.WARNING,
                            "HLDF0602W: webhook %s of tenant %s is not delivered to now; it is tried again within a minute"
                                    .formatted(queue.id(), queue.tenant()),
                            e);
                } finally {
                    held.remove(queue);
                    wake(queue.tenant()); // there may be more, or another of its tenant's
                }
            });
        } catch (RejectedExecutionException ending) {
            held.remove(queue);
            LOG.log(Level.FINE, "another node delivers when this one's time is over", ending);
        }
    }

    private static void quietly(Runnable duty) {
        try {
            duty.run();
        } catch (RuntimeException e) {
            LOG.log(Level.FINE, "webhooks cannot be looked after now", e);
        }
    }
}
