package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;

/**
 * A run that this worker now owns.
 *
 * @param fence goes with every later write of this owner
 * @param runKey acts on this run only and dies with the claim; never log it
 * @param heartbeatEvery the advised beat; null when the lane does not advise one
 * @param checkpoint what the last owner left; null if nothing
 * @param approval the last question of the run that people, or its deadline, have answered; null if there was none
 */
public record Claim(
        Run run,
        long fence,
        int attempt,
        String runKey,
        Instant leaseExpiresAt,
        Duration heartbeatEvery,
        JsonNode checkpoint,
        Approval approval) {

    /** Without the key and without the payloads. */
    @Override
    public String toString() {
        return "Claim[run=" + run.id() + ", fence=" + fence + ", attempt=" + attempt + "]";
    }
}
