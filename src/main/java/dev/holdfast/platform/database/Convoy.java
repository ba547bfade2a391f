package dev.holdfast.platform.database;

import dev.holdfast.platform.problem.Problem;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Calls of one kind that come one by one and go together: a group commit. Who comes while nothing is under way goes at
 * once; who comes while something is, waits, and all who wait are the next batch, done by the thread of one of them. A lone
 * call waits for no company, and the busier it is, the larger are the batches: after several that went together the next few
 * wait some milliseconds for more.
 *
 * <p>Each caller has its answer when its batch is committed, and by its own thread: a stopping server waits for requests, and
 * so for all who are here. Calls go in the order in which they came, those of different keys in no order and never together.
 *
 * <p>Nobody suffers for another's item. A batch that the database refused is done once more, each item by itself; one that
 * takes long, at a row that somebody holds, holds no other up for more than a moment.
 *
 * @param <K> of what goes together
 * @param <I> what a call brings
 * @param <O> what it gets
 */
public final class Convoy<K, I, O> {
    /**
     * @param moment after which a batch under way holds no other up
     * @param mostWaiting of one key
     * @param rests how many times as long as several took that went together the next few wait: the company comes back for
     *     more, and in a larger batch each costs less
     * @param longestRest what they wait at the most
     */
    record Limits(Duration moment, int mostWaiting, int rests, Duration longestRest) {}

    /** More than one, so that there is work to do while the other one's commit reaches the disk. */
    static final int ABREAST = 2;

    /** How many wait before one goes beside another. A statement costs as much as a dozen of its items: few go rather later. */
    static final int ENOUGH = 8;

    /** Those that take long included. */
    static final int MOST_ABREAST = 8;

    /** So many that those which only rest any more are looked for before there is another. */
    private static final int MANY_ROADS = 1_000;

    private static final Limits LIMITS = new Limits(Duration.ofMillis(100), 2_000, 2, Duration.ofMillis(6));
    private static final int HEAVIEST = 256;

    private final Map<K, Road<I, O>> roads = new HashMap<>();
    private final Work<K, I, O> work;
    private final Function<I, Object> subject;
    private final ToIntFunction<I> weight;
    private final Limits limits;

    /** What is done together: answers in the order of the items. Each of them is about another subject. */
    @FunctionalInterface
    public interface Work<K, I, O> {
        List<O> together(K key, List<I> items);
    }

    /** @param subject of an item: two about the same one never go together */
    public Convoy(Work<K, I, O> work, Function<I, Object> subject) {
        this(work, subject, item -> 1);
    }

    /** @param weight of an item, of which at most 256 go together */
    public Convoy(Work<K, I, O> work, Function<I, Object> subject, ToIntFunction<I> weight) {
        this(work, subject, weight, LIMITS);
    }

    Convoy(Work<K, I, O> work, Function<I, Object> subject, ToIntFunction<I> weight, Limits limits) {
        this.work = work;
        this.subject = subject;
        this.weight = weight;
        this.limits = limits;
    }

    private static final class Road<I, O> {
        final Limits limits;
        final Queue<Seat<I, O>> waiting = new ArrayDeque<>();
        final List<Long> begun = new ArrayList<>();
        long restedAt = System.nanoTime();

        Road(Limits limits) {
            this.limits = limits;
        }

        boolean isFree() {
            return waiting.size() < ENOUGH ? hasRoom(1) && rest() <= 0 : hasRoom(ABREAST);
        }

        /** Whether fewer than so many are under way, without those that take long. */
        boolean hasRoom(int abreast) {
            long now = System.nanoTime();
            long young = begun.stream()
                    .filter(since -> now - since < limits.moment().toNanos())
                    .count();
            return begun.size() < MOST_ABREAST && young < abreast;
        }

        private long rest() {
            return restedAt - System.nanoTime();
        }

        /** How long the first who waits does so: until the rest is over, or somebody says that what is under way has ended. */
        long patience() {
            return hasRoom(1) ? Math.max(0, rest()) : limits.moment().toNanos();
        }

        void end(Batch<I, O> batch) {
            begun.remove(batch.begun());
            long now = System.nanoTime();
            long rest = Math.min(
                    limits.rests() * (now - batch.begun()), limits.longestRest().toNanos());
            restedAt = batch.seats().size() > 1 ? now + rest : now;
        }

        boolean isDeserted() {
            return begun.isEmpty() && waiting.isEmpty() && rest() <= 0;
        }
    }

    private static final class Seat<I, O> {
        final I item;
        final Thread traveller = Thread.currentThread();
        boolean aboard;
        long patience;
        volatile Supplier<O> arrival;

        Seat(I item) {
            this.item = item;
        }

        void arrive(Supplier<O> how) {
            arrival = how;
            LockSupport.unpark(traveller);
        }
    }

    private record Batch<I, O>(List<Seat<I, O>> seats, Long begun) {
        List<I> items() {
            return Database.column(seats, seat -> seat.item);
        }
    }

    /**
     * Does this together with whatever else is to be done.
     *
     * @throws Problem 503 if too much is waiting already, and whatever the work throws
     */
    public O join(K key, I item) {
        var seat = new Seat<I, O>(item);
        enter(key, seat);
        boolean interrupted = false;
        while (seat.arrival == null) {
            var batch = next(key, seat);
            if (batch != null) {
                go(key, batch);
            } else {
                LockSupport.parkNanos(this, seat.patience);
                interrupted |= Thread.interrupted(); // what is under way may be done: its answer is waited for
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return seat.arrival.get();
    }

    private long moment() {
        return limits.moment().toNanos();
    }

    /** How many wait, of all keys. */
    synchronized int waiting() {
        return roads.values().stream().mapToInt(road -> road.waiting.size()).sum();
    }

    private synchronized void enter(K key, Seat<I, O> seat) {
        if (roads.size() >= MANY_ROADS && !roads.containsKey(key)) {
            roads.values().removeIf(Road::isDeserted);
        }
        var road = roads.computeIfAbsent(key, first -> new Road<>(limits));
        if (road.waiting.size() >= limits.mostWaiting()) {
            throw ExpectedErrors.unavailable("too many calls of one kind wait already");
        }
        road.waiting.add(seat);
    }

    /** The batch that the caller is to do; null if it has to wait, for as long as its seat then says. */
    private synchronized Batch<I, O> next(K key, Seat<I, O> seat) {
        var road = roads.get(key);
        if (seat.aboard || !road.isFree()) {
            seat.patience = !seat.aboard && road.waiting.peek() == seat ? road.patience() : moment();
            return null;
        }
        var batch = new Batch<>(aboard(road.waiting), System.nanoTime());
        road.begun.add(batch.begun());
        wakeNext(road);
        return batch;
    }

    private List<Seat<I, O>> aboard(Queue<Seat<I, O>> waiting) {
        var seats = new ArrayList<Seat<I, O>>();
        var subjects = new HashSet<>();
        int room = HEAVIEST;
        for (var all = waiting.iterator(); all.hasNext(); ) {
            var seat = all.next();
            room -= weight.applyAsInt(seat.item);
            if (room < 0 && !seats.isEmpty()) {
                break;
            }
            if (subjects.add(subject.apply(seat.item))) {
                seats.add(seat);
                seat.aboard = true;
                all.remove();
            }
        }
        return seats;
    }

    private void go(K key, Batch<I, O> batch) {
        try {
            var answers = work.together(key, batch.items());
            ended(key, batch);
            for (int i = 0; i < answers.size(); i++) {
                var answer = answers.get(i);
                batch.seats().get(i).arrive(() -> answer);
            }
        } catch (RuntimeException | Error e) {
            ended(key, batch);
            boolean again = batch.seats().size() > 1 && ExpectedErrors.undone(e);
            batch.seats().forEach(seat -> seat.arrive(() -> again ? alone(key, seat) : thrown(e)));
        }
    }

    private O alone(K key, Seat<I, O> seat) {
        return work.together(key, List.of(seat.item)).get(0);
    }

    private O thrown(Throwable fault) {
        if (fault instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) fault;
    }

    private synchronized void ended(K key, Batch<I, O> batch) {
        var road = roads.get(key);
        road.end(batch);
        if (road.isDeserted()) {
            roads.remove(key);
        }
        wakeNext(road);
    }

    private void wakeNext(Road<I, O> road) {
        if (!road.waiting.isEmpty() && (road.isFree() || road.hasRoom(1))) {
            LockSupport.unpark(road.waiting.element().traveller);
        }
    }
}
