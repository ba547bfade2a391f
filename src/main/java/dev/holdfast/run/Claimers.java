package dev.holdfast.run;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Convoy;
import dev.holdfast.run.Claims.Asker;
import dev.holdfast.run.Claims.Claimed;
import dev.holdfast.run.Claims.Offer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;

/**
 * Callers who ask the same lanes with the same key at the same time ask the database once, and what it gives is dealt out in
 * the order in which they came: few claimers that take many runs stand less in each other's way than many that take one.
 */
@ApplicationScoped
class Claimers {
    private final Convoy<Asker, List<Offer>, List<Claimed>> convoy =
            new Convoy<>(this::claimTogether, offers -> new Object(), List::size);
    private final Claims claims;
    private final Settings settings;

    protected Claimers() { // for the proxy
        this(null, null);
    }

    @Inject
    Claimers(Claims claims, Settings settings) {
        this.claims = claims;
        this.settings = settings;
    }

    /** Claims up to as many runs as there are offers, without waiting for more to come. */
    List<Claimed> claim(Asker asker, List<Offer> offers) {
        return convoy.join(asker, offers);
    }

    /** Of the runs that a claim for all brings, the first are the first caller's, and so on. */
    private List<List<Claimed>> claimTogether(Asker asker, List<List<Offer>> callers) {
        var offers = callers.stream().flatMap(List::stream).toList();
        var claimed = claimed(asker, offers);
        var dealt = new ArrayList<List<Claimed>>();
        int first = 0;
        for (var wanted : callers) {
            int from = first;
            int to = from + wanted.size();
            dealt.add(claimed.stream()
                    .filter(one -> one.place() >= from && one.place() < to)
                    .map(one -> one.from(from))
                    .toList());
            first = to;
        }
        return dealt;
    }

    private List<Claimed> claimed(Asker asker, List<Offer> offers) {
        var taken = claims.claim(asker, offers, settings.runKeyTtl(), settings.runKeyMaxAge());
        if (!taken.limited()) {
            return taken.claims();
        }
        var all = new ArrayList<Claimed>();
        int before;
        do { // runs of full concurrency keys may have been in front of others that are free
            before = all.size();
            claims.claimCounting(
                            asker, offers.subList(before, offers.size()), settings.runKeyTtl(), settings.runKeyMaxAge())
                    .claims()
                    .forEach(one -> all.add(one.from(-all.size())));
        } while (all.size() > before && all.size() < offers.size());
        return all;
    }
}
