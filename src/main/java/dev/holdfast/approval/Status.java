package dev.holdfast.approval;

import com.fasterxml.jackson.annotation.JsonValue;
import jakarta.persistence.EnumeratedValue;

/** What has become of an approval. */
public enum Status {
    PENDING("pending"),
    APPROVED("approved"),
    DENIED("denied"),
    /** Nobody decided in time, whatever that means to the run. */
    EXPIRED("expired"),
    /** Its run has ended and needs no answer any more. */
    WITHDRAWN("withdrawn");

    @EnumeratedValue
    private final String id;

    Status(String id) {
        this.id = id;
    }

    @JsonValue
    public String id() {
        return id;
    }

    /** @throws IllegalArgumentException if no status has this id */
    static Status of(String id) {
        for (var status : values()) {
            if (status.id.equals(id)) {
                return status;
            }
        }
        throw new IllegalArgumentException("unknown status " + id);
    }
}
