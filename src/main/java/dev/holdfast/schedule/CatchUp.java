package dev.holdfast.schedule;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What becomes of firings that no node was there to see. */
enum CatchUp {
    NONE,
    /** The latest of them. */
    ONE,
    ALL;

    @JsonValue
    String id() {
        return name().toLowerCase(Locale.ROOT);
    }
}
