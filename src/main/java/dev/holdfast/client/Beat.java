package dev.holdfast.client;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * Holdfast's word to the owner.
 *
 * @param goOn false: stop, the run was cancelled or paused, as {@code reason} says
 * @param reason null while it goes on
 * @param leaseExpiresAt when silence would be judged, by the database's clock; null when the lane does not judge it or the lease is over
 * @param runKeyExpiresAt how long the run's key is good now; null when it is over
 */
public record Beat(
        @JsonProperty("continue") boolean goOn, String reason, Instant leaseExpiresAt, Instant runKeyExpiresAt) {}
