package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * An owner's word that the work failed.
 *
 * @param code short and stable, such as {@code not_a_jar}
 * @param details anything more, for people and tools; may be null
 * @param retryable whether another attempt may succeed, if the run's budget has one left
 * @param retryAfter the least wait before that attempt; null leaves it to the lane's backoff
 */
public record Fault(String code, String message, JsonNode details, boolean retryable, Duration retryAfter) {
    /** Another attempt may succeed. */
    public static Fault passing(String code, String message) {
        return new Fault(code, message, null, true, null);
    }

    /** No attempt will ever succeed: the run fails at once. */
    public static Fault permanent(String code, String message) {
        return new Fault(code, message, null, false, null);
    }
}
