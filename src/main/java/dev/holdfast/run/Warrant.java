package dev.holdfast.run;

import dev.holdfast.platform.database.Database;
import java.time.Duration;
import java.util.UUID;

/**
 * By what right a sweep moves runs.
 *
 * @param node that sweeps, as the events' actor
 * @param tenant whose rows alone are swept; null for all tenants
 * @param cutoff age of the last sign of life that makes a lease stale whatever its lane says; null for the lane's policy
 * @param askedFor age of a question that is too old whatever its deadline; null for the deadlines
 * @param dryRun whether the found is shown instead of moved
 * @param despiteHold whether lanes that the mass-stale breaker holds are judged all the same, because a person asked
 */
public record Warrant(
        UUID sweepId,
        String node,
        UUID tenant,
        Duration cutoff,
        Duration askedFor,
        boolean dryRun,
        boolean despiteHold,
        String correlationId) {
    /** What the sweep's statements see: of a tenant's own sweep no others' rows, whatever a statement forgets to ask. */
    Database.View rows(Database database) {
        return tenant == null ? database.everybody() : database.of(tenant);
    }
}
