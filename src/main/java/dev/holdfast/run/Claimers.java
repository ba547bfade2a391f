package dev.holdfast.run;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Convoy;
import dev.holdfast.run.Claims.Asker;
import dev.holdfast.run.Claims.Claimed;
import dev.holdfast.run.Claims.Offer;
import dev.holdfast.run.Claims.Taken;
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
    private final Convoy<Asker, List<Offer>, Taken> convoy =
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

    /** Claims up to as many runs as there are offers. */
    public Taken claim(Asker asker, List<Offer> offers) {
        return convoy.join(asker, offers);
    }

    /** Of the runs that a claim for all brings, the first are the first caller's, and so on. */
    private List<Taken> claimTogether(Asker asker, List<List<Offer>> callers) {
        var taken = taken(asker, callers.stream().flatMap(List::stream).toList());
        var dealt = new ArrayList<Taken>();
        int first = 0;
        for (var offers : callers) {
            dealt.add(dealt(taken, first, offers.size()));
            first += offers.size();
        }
        return dealt;
    }

    private static Taken dealt(Taken taken, int first, int number) {
        var claims = taken.claims().stream()
                .filter(one -> one.place() >= first && one.place() < first + number)
                .map(one -> one.from(first))
                .toList();
        return new Taken(claims, taken.limited(), taken.heard());
    }

    private Taken taken(Asker asker, List<Offer> offers) {
        var taken = claims.claim(asker, offers, settings.runKeyTtl(), settings.runKeyMaxAge());
        return taken.limited() ? counted(asker, offers) : taken;
    }

    // What did not fit into its lane or key may have hidden others that do: whoever got nothing asks again.
    private Taken counted(Asker asker, List<Offer> offers) {
        var all = new ArrayList<Claimed>();
        Taken taken;
        do {
            int before = all.size();
            taken = claims.claimCounting(
                    asker, offers.subList(before, offers.size()), settings.runKeyTtl(), settings.runKeyMaxAge());
            taken.claims().forEach(one -> all.add(one.from(-before)));
        } while (!taken.claims().isEmpty() && all.size() < offers.size());
        return new Taken(all, false, taken.heard());
    }
}
