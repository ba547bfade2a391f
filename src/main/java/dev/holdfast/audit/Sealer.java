package dev.holdfast.audit;

import dev.holdfast.audit.Seals.Unsealed;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Makes the seals of a tenant, one after the other, each in a transaction of its own.
 *
 * <p>What is sealed are events of transactions below every one that still runs. None of these can add an event any more,
 * however long it was held open: so a seal is made once, and complete. Time-outs are not relied upon.
 */
@ApplicationScoped
class Sealer {
    private static final Logger LOG = Logger.getLogger(Sealer.class.getName());

    /** A seal is over so many events, or over those of one transaction. */
    private static final int EVENTS_A_SEAL = 1000;

    private static final long BYTES_A_SEAL = 16L << 20;

    /** What is left is the next tick's: one tenant's backlog does not keep the others waiting. */
    private static final int SEALS_AT_ONCE = 20;

    private final Seals seals;

    protected Sealer() { // for the proxy
        this(null);
    }

    @Inject
    Sealer(Seals seals) {
        this.seals = seals;
    }

    /** Seals what is due; a tenant that cannot be sealed stops no other. */
    @Transactional(Transactional.TxType.NOT_SUPPORTED)
    void sealAll(List<UUID> tenants) {
        tenants.forEach(tenant -> {
            try {
                seal(tenant);
            } catch (RuntimeException e) {
                LOG.log(
                        Level.WARNING,
                        "HLDF0701W: the events of tenant " + tenant + " cannot be sealed; the next tick tries again",
                        e);
            }
        });
    }

    private void seal(UUID tenant) {
        var last = seals.last(tenant).orElse(null);
        for (int made = 0; made < SEALS_AT_ONCE; made++) {
            var next = next(tenant, last);
            if (next == null || !seals.add(next)) {
                return;
            }
            say(last, next);
            last = next;
        }
    }

    /** Null if there is nothing to seal. */
    private Seal next(UUID tenant, Seal last) {
        var unsealed = seals.unsealed(tenant, last == null ? 0 : last.lastTransaction(), EVENTS_A_SEAL, BYTES_A_SEAL);
        if (unsealed.isEmpty() || !unsealed.get(0).isOver()) {
            return null;
        }
        var minute = minute(unsealed.get(0), last);
        var sealed = unsealed.subList(0, endOf(minute, unsealed));
        return Seal.next(
                tenant,
                last,
                minute,
                sealed.get(0).transaction(),
                sealed.get(sealed.size() - 1).transaction(),
                sealed.stream().map(Unsealed::leaf).toList());
    }

    private static Instant minute(Unsealed first, Seal last) {
        var minute = first.at().truncatedTo(ChronoUnit.MINUTES);
        return last == null || minute.isAfter(last.minute()) ? minute : last.minute();
    }

    /** Up to the first transaction that begins with an event of a later minute. */
    private static int endOf(Instant minute, List<Unsealed> unsealed) {
        int end = 1;
        while (end < unsealed.size()
                && (unsealed.get(end).transaction() == unsealed.get(end - 1).transaction()
                        || unsealed.get(end).at().isBefore(minute.plus(1, ChronoUnit.MINUTES)))) {
            end++;
        }
        return end;
    }

    /** Once an hour and tenant: a log that is kept elsewhere is where the chain is tied to. */
    private static void say(Seal last, Seal made) {
        if (last == null
                || last.minute()
                        .truncatedTo(ChronoUnit.HOURS)
                        .isBefore(made.minute().truncatedTo(ChronoUnit.HOURS))) {
            LOG.info(() -> "HLDF0703I: the events of tenant %s up to %s are sealed: seal %d has the hash %s"
                    .formatted(made.tenantId(), made.minute(), made.number(), made.hash()));
        }
    }
}
