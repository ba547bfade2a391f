package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonValue;
import jakarta.persistence.EnumeratedValue;

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
}
