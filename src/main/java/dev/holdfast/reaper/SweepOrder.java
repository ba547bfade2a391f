package dev.holdfast.reaper;

import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * What a sweep shall do.
 *
 * @param phases by name; empty for all
 * @param tenant whose rows alone; null for all tenants
 * @param asker whose history shows the sweep even if it found nothing; null if nobody asked
 * @param actor null if the timer asked
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
        String actor,
        Duration cutoff,
        Duration askedFor,
        Integer limit,
        String correlationId) {}
