package dev.holdfast.event;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Who made a move. @param id null if the kind says it all */
public record Actor(Kind kind, String id) {
    /** In what part the actor acted. */
    public enum Kind {
        PRODUCER,
        WORKER,
        APPROVER,
        OPERATOR,
        REAPER,
        SCHEDULE,
        SYSTEM;

        @JsonValue
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        static Kind of(String id) {
            return valueOf(id.toUpperCase(Locale.ROOT));
        }
    }
}
