package dev.holdfast.webhook;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Duration;
import java.util.Locale;

/**
 * What came of one attempt to deliver.
 *
 * @param status null without an answer
 * @param error what the answer or the lack of it says, in its first characters; null if it is good
 * @param retryAfter when the receiver wants to be asked again; null if it does not say
 */
record Attempt(Outcome outcome, Integer status, Duration took, String error, Duration retryAfter) {
    enum Outcome {
        DELIVERED,
        /** There was another answer, or none. */
        FAILED,
        /** The address is none that may be reached. */
        REFUSED,
        /** The receiver wants no more. */
        GONE;

        @JsonValue
        String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Outcome of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }
    }

    boolean isGood() {
        return outcome == Outcome.DELIVERED;
    }
}
