package dev.holdfast.stream;

import java.util.UUID;

/** What a stream is about. @param run null for all events of the tenant */
public record Subject(UUID tenant, UUID run) {
    boolean isRun() {
        return run != null;
    }
}
