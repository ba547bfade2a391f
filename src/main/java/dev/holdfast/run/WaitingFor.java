package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonValue;
import jakarta.persistence.EnumeratedValue;
import java.util.stream.Stream;

/** What a suspended run waits for. */
public enum WaitingFor {
    APPROVAL("approval"),
    OPERATOR("operator"),
    TIMER("timer");

    @EnumeratedValue
    private final String id;

    WaitingFor(String id) {
        this.id = id;
    }

    @JsonValue
    public String id() {
        return id;
    }

    /** @return null if nothing has this id */
    static WaitingFor of(String id) {
        return Stream.of(values())
                .filter(reason -> reason.id.equals(id))
                .findFirst()
                .orElse(null);
    }
}
