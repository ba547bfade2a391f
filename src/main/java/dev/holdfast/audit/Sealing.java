package dev.holdfast.audit;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;

/** Seals the events of all tenants, once at a time in the whole cluster. */
@ApplicationScoped
public class Sealing {
    private static final int TENANTS_AT_ONCE = 100;

    private final Seals seals;
    private final Sealer sealer;

    protected Sealing() { // for the proxy
        this(null, null);
    }

    @Inject
    Sealing(Seals seals, Sealer sealer) {
        this.seals = seals;
        this.sealer = sealer;
    }

    /** The lock's transaction writes nothing, so that none waits for it to end: the seals are made apart from it. */
    @Transactional
    public void sealIfDue() {
        var due = seals.due(TENANTS_AT_ONCE);
        if (!due.isEmpty() && seals.tryLock()) {
            sealer.sealAll(due);
        }
    }
}
