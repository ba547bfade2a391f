package dev.holdfast.run;

import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.lane.Pollers;
import dev.holdfast.platform.database.Signals;
import dev.holdfast.platform.database.Topic;
import dev.holdfast.platform.database.Topic.Kind;
import dev.holdfast.platform.health.Node;
import dev.holdfast.run.Prospects.Prospect;
import dev.holdfast.run.WaitingRoom.Place;
import dev.holdfast.run.WorkerLifecycle.Claim;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;

/**
 * Claims that wait for work without holding a thread. Each asks the database when it comes, unless others wait there in vain
 * already, and then when it is its turn because something has stirred: on this node, on another, or by the clock.
 */
@ApplicationScoped
public class WaitingClaims implements Node.Guests, Lookout.View {
    private final Set<WaitingClaim> waiting = ConcurrentHashMap.newKeySet();
    private final WaitingRoom<WaitingClaim> room = new WaitingRoom<>();
    private final WorkerLifecycle lifecycle;
    private final Pollers pollers;
    private final Signals signals;
    private final Node node;
    private final Prospects prospects;
    private final RunMetrics metrics;
    private final Overlaps overlaps;
    private Lookout lookout;

    @Resource
    ManagedScheduledExecutorService timer;

    protected WaitingClaims() { // for the proxy
        this(null, null, null, null, null, null, null);
    }

    @Inject
    WaitingClaims(
            WorkerLifecycle lifecycle,
            Pollers pollers,
            Signals signals,
            Node node,
            Prospects prospects,
            RunMetrics metrics,
            Overlaps overlaps) {
        this.lifecycle = lifecycle;
        this.pollers = pollers;
        this.signals = signals;
        this.node = node;
        this.prospects = prospects;
        this.metrics = metrics;
        this.overlaps = overlaps;
    }

    void begin(@Observes Startup startup) {
        lookout = new Lookout(prospects, timer, signals::isHearing, this);
        signals.subscribe(Kind.WORK, topic -> heard(topic, this::due));
        signals.subscribe(Kind.ROOM, topic -> heard(topic, this::roomMade));
        signals.subscribe(Kind.LATER, topic -> heard(topic, place -> lookout.lookSoonAt(List.of(place))));
        node.hosts("waiting claims", this);
        metrics.showWaiting(this::count);
    }

    /** @param max of runs, 0 claims nothing @param patience how long to wait at most; zero answers at once */
    public record Wish(
            Caller caller, String workerId, List<String> lanes, int max, Duration patience, String correlationId) {
        /** Who wants nothing, waits nowhere. */
        List<Place> places() {
            return max == 0
                    ? List.of()
                    : lanes.stream()
                            .map(lane -> new Place(caller.tenant(), lane))
                            .toList();
        }
    }

    /** Comes with the claims, or with none when the wait is over, the node is drained or the caller may claim no more. */
    public CompletableFuture<List<Claim>> claim(Wish wish) {
        pollers.saw(wish.caller().tenant(), wish.workerId(), wish.lanes());
        var claim = new WaitingClaim(this, wish);
        claim.begin();
        return claim.reply();
    }

    @Override
    public long count() {
        return waiting.size();
    }

    @Override
    public void letGo() {
        waiting.forEach(WaitingClaim::giveUp);
    }

    @Override
    public List<Place> places() {
        return room.places();
    }

    @Override
    public void seen(Prospect prospect) {
        room.know(prospect.place(), prospect.limited());
        if (prospect.some()) {
            due(prospect.place());
        }
    }

    @Override
    public boolean due(Place place) {
        boolean awaited = room.stir(place);
        letAsk();
        return awaited;
    }

    @Override
    public void blind(RuntimeException why) {
        waiting.forEach(claim -> claim.fail(why));
    }

    private void roomMade(Place place) {
        room.stirIfLimited(place);
        letAsk();
    }

    private interface Reaction {
        void to(Place place);
    }

    private void heard(Topic topic, Reaction reaction) {
        if (topic.isAnywhere()) {
            lookout.lookSoonAt(room.places());
        } else {
            reaction.to(new Place(topic.tenant(), topic.key()));
        }
    }

    // What a claim that waits does with the others

    WaitingRoom<WaitingClaim> room() {
        return room;
    }

    ManagedScheduledExecutorService timer() {
        return timer;
    }

    void waits(WaitingClaim claim) {
        waiting.add(claim);
        lookout.watch();
    }

    void waitsNoMore(WaitingClaim claim) {
        waiting.remove(claim);
    }

    void lookSoonAt(List<Place> places) {
        lookout.lookSoonAt(places);
    }

    boolean isHearing() {
        return signals.isHearing();
    }

    boolean isDraining() {
        return node.isDraining();
    }

    void letAsk() {
        for (var turn = room.next(); turn.isPresent(); turn = room.next()) {
            var next = turn.get();
            try {
                timer.execute(() -> next.holder().ask(next));
            } catch (RejectedExecutionException stopping) {
                next.holder().dismiss(next);
            }
        }
    }

    /** @param heard see {@link Claims.Taken} */
    record Found(List<Claim> claims, boolean heard) {}

    Found take(Wish wish) {
        var secrets = Stream.generate(KeyFormat::secret).limit(wish.max()).toList();
        var taken = lifecycle.tryClaim(wish.caller(), wish.workerId(), wish.lanes(), secrets, wish.correlationId());
        taken.claims().forEach(claimed -> metrics.claimed(claimed.run()));
        overlaps.count(wish.caller().tenant(), taken.claims());
        return new Found(lifecycle.toClaims(wish.caller().tenant(), taken.claims(), secrets), taken.heard());
    }
}
