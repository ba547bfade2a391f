package dev.holdfast.webhook;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.event.Place;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * A webhook as its tenant sees it.
 *
 * @param lanes null for all, and for what is of none
 * @param secret shown by the answer that makes it, and by no other
 * @param formerSecretUntil null if there is none that signs too
 * @param disabledBecause null while it is enabled
 * @param attempts that have failed at the next event
 * @param place of the last event that was delivered, or was none for it
 */
record Webhook(
        @JsonIgnore UUID tenant,
        UUID id,
        String url,
        String description,
        List<String> events,
        List<String> lanes,
        String secret,
        Instant formerSecretUntil,
        boolean enabled,
        Instant createdAt,
        Instant disabledAt,
        String disabledBecause,
        int attempts,
        Instant failingSince,
        Instant nextAttemptAt,
        String lastError,
        @JsonIgnore Place place) {
    /** The transaction that wrote the last event which was delivered, or was none for it. */
    @JsonProperty
    long deliveredUpTo() {
        return place.transaction();
    }

    Webhook with(Secret shown) {
        return new Webhook(
                tenant,
                id,
                url,
                description,
                events,
                lanes,
                shown.shown(),
                formerSecretUntil,
                enabled,
                createdAt,
                disabledAt,
                disabledBecause,
                attempts,
                failingSince,
                nextAttemptAt,
                lastError,
                place);
    }
}
