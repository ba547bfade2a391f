package dev.holdfast.reaper;

import dev.holdfast.event.Author;
import dev.holdfast.event.Deed;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;

/**
 * What a sweep shall do.
 *
 * @param phases by name; empty for all
 * @param tenant whose rows alone; null for all tenants
 * @param asker whose history shows the sweep even if it found nothing; null if nobody asked
 * @param author null if the timer asked
 * @param cutoff see {@link dev.holdfast.run.Warrant}; null for the lanes' policies
 * @param askedFor likewise; null for the approvals' deadlines
 * @param limit most approvals that it ends; null for no limit but that of all phases
 */
record SweepOrder(
        Sweep.Trigger trigger,
        List<String> phases,
        boolean dryRun,
        UUID tenant,
        UUID asker,
        Author author,
        Duration cutoff,
        Duration askedFor,
        Integer limit) {
    String actor() {
        return author == null ? null : author.actor().id();
    }

    String correlationId() {
        return author == null ? null : author.correlationId();
    }

    /** Whether somebody else than the clock asks for something to be done. */
    boolean isDeed() {
        return author != null && !dryRun;
    }

    /** What was asked for; what is left out, was. */
    Deed told(UUID sweep) {
        var told = new HashMap<String, Object>();
        told.put("sweepId", sweep);
        told.put("phases", phases.isEmpty() ? null : phases);
        told.put("allTenants", tenant == null ? true : null);
        told.put("cutoff", cutoff);
        told.put("askedFor", askedFor);
        told.put("limit", limit);
        return author.did("sweep_ordered", told);
    }
}
