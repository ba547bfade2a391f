package dev.holdfast.stream;

import dev.holdfast.event.Event;
import dev.holdfast.event.Place;
import dev.holdfast.key.Caller;
import dev.holdfast.stream.Section.Entry;
import java.util.ArrayList;
import java.util.function.Function;
import java.util.function.Predicate;

/** One client that follows events. What it has been given is known by its place; what it has not, the database keeps. */
public final class Stream {
    private final Follow wish;
    private final Outlet outlet;
    private final long until;
    private volatile Place place;
    private volatile boolean behind = true;
    private boolean untold;

    /**
     * What somebody wants to follow.
     *
     * @param after where to begin
     * @param wanted which of the events
     * @param last whether nothing comes after this one
     */
    public record Follow(Caller caller, Subject subject, Place after, Predicate<Entry> wanted, Predicate<Event> last) {}

    /** @param way to the client @param nanos to live at the most */
    Stream(Follow wish, long nanos, Function<Stream, Outlet> way) {
        this.wish = wish;
        this.until = System.nanoTime() + nanos;
        this.place = wish.after();
        this.untold = !wish.subject().isRun();
        this.outlet = way.apply(this);
    }

    Subject subject() {
        return wish.subject();
    }

    Caller caller() {
        return wish.caller();
    }

    Place place() {
        return place;
    }

    Outlet outlet() {
        return outlet;
    }

    boolean isOverdue() {
        return System.nanoTime() - until >= 0;
    }

    /** There may be more to read. */
    void fallBehind() {
        behind = true;
    }

    /** Whether it is to be given what there is; what happens from now on makes it fall behind again. */
    boolean catchesUp() {
        if (behind && outlet.isIdle()) {
            behind = false;
            return true;
        }
        return false;
    }

    boolean isWaitingForMore() {
        return behind && outlet.isIdle();
    }

    synchronized void give(Section section) {
        var frames = new ArrayList<byte[]>();
        section.entries().stream().filter(wish.wanted()).map(Entry::frame).forEach(frames::add);
        untold = frames.isEmpty()
                && (untold || !wish.subject().isRun() && !section.entries().isEmpty());
        place = section.reached();
        behind |= section.more();
        outlet.offer(frames);
        if (section.entries().stream().map(Entry::event).anyMatch(wish.last())) {
            outlet.end(Frames.END);
        }
    }

    /** The first words: when to come back and, of a tenant, from where. */
    synchronized void greet() {
        outlet.offer(Frames.retry());
        if (untold) {
            ping();
        }
    }

    /** Shows the client that the stream lives and, if it has read past events of no interest, where it is. */
    synchronized void ping() {
        outlet.offer(untold ? Frames.place(place.cursor()) : Frames.PING);
        untold = false;
    }
}
