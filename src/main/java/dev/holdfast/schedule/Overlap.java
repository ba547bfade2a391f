package dev.holdfast.schedule;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a firing does while the run of the one before it is active. */
enum Overlap {
    /** It makes no run. */
    SKIP,
    /** It makes its run all the same. */
    QUEUE,
    /** It cancels the former run, and makes its own. */
    CANCEL;

    @JsonValue
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
