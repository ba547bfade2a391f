package dev.holdfast.event;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.util.UUID;

/**
 * An event among all of its tenant.
 *
 * @param event without a run if it is the tenant's own
 * @param transaction number of the transaction that wrote it
 * @param place the same, in full
 */
public record TenantEvent(
        @JsonUnwrapped Event event,
        long transaction,
        @JsonIgnore Place place) {
    /** Its timeline: the run, or the tenant. */
    public UUID timeline() {
        return place.timeline();
    }

    public TenantEvent withoutData() {
        return new TenantEvent(event.withoutData(), transaction, place);
    }
}
