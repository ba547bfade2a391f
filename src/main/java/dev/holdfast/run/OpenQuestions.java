package dev.holdfast.run;

import java.util.Collection;
import java.util.Map;
import java.util.UUID;

/** What runs have to know of approvals; whoever keeps those tells it. */
public interface OpenQuestions {
    /** Withdraws what the run asks, if it asks anything: in the caller's transaction, and after the flush of the run. */
    void withdraw(UUID tenant, UUID run);

    /** The answers that runs go on with, as the API shows them, in JSON. @param approvals ids @return by id */
    Map<UUID, String> answers(UUID tenant, Collection<UUID> approvals);
}
