package dev.holdfast.reaper;

import dev.holdfast.run.Deadlines;
import dev.holdfast.run.Expiries;
import dev.holdfast.run.Losses;
import dev.holdfast.run.Retention;
import dev.holdfast.run.RunKeys;
import dev.holdfast.run.Verdict;
import dev.holdfast.run.Warrant;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** One duty of a sweep: to find what is due, and to move those of the found that still are. */
interface Phase {
    /** What is due, oldest first and fair between tenants; reads only. */
    List<Verdict> find(Warrant warrant, int limit);

    /** Moves what is still due of what was found, in one statement. @param ids of runs, or of keys */
    List<Verdict> act(Warrant warrant, List<UUID> ids);

    /** All phases by name, in the order in which a sweep takes them. */
    @ApplicationScoped
    class All {
        private final Map<String, Phase> byName = new LinkedHashMap<>();

        protected All() {} // for the proxy

        @Inject
        All(Losses losses, Expiries expiries, Deadlines deadlines, RunKeys keys, Retention retention) {
            byName.put("leases", of(losses::find, losses::reap));
            byName.put("approvals", of(expiries::find, expiries::end));
            for (var kind : Deadlines.Kind.values()) {
                byName.put(
                        kind.name().toLowerCase(Locale.ROOT),
                        of(
                                (warrant, limit) -> deadlines.find(kind, warrant, limit),
                                (warrant, ids) -> deadlines.move(kind, warrant, ids)));
            }
            byName.put("keys", of(keys::find, keys::mark));
            byName.put("retention", of(retention::find, retention::remove));
        }

        Map<String, Phase> byName() {
            return byName;
        }

        private static Phase of(Find find, Act act) {
            return new Phase() {
                @Override
                public List<Verdict> find(Warrant warrant, int limit) {
                    return find.find(warrant, limit);
                }

                @Override
                public List<Verdict> act(Warrant warrant, List<UUID> ids) {
                    return act.act(warrant, ids);
                }
            };
        }

        private interface Find {
            List<Verdict> find(Warrant warrant, int limit);
        }

        private interface Act {
            List<Verdict> act(Warrant warrant, List<UUID> ids);
        }
    }
}
