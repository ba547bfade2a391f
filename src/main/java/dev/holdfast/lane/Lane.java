package dev.holdfast.lane;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Duration;
import java.time.Instant;

/**
 * A lane with what is in it now.
 *
 * @param heldUntil until when the mass-stale breaker keeps the reaper from judging its leases; null if it does not
 * @param oldestQueuedAge since the oldest queued run could be claimed; null if none can
 * @param workersPolling how many workers have asked this lane for work in the last minute
 */
@JsonPropertyOrder({"name"})
public record Lane(
        String name,
        @JsonUnwrapped LanePolicy policy,
        Instant heldUntil,
        long queued,
        long inFlight,
        long suspended,
        Duration oldestQueuedAge,
        long workersPolling,
        Instant createdAt,
        long version) {}
