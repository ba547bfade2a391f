package dev.holdfast.run;

import com.fasterxml.jackson.annotation.JsonRawValue;
import java.time.Instant;

/** How a run ended badly. @param details JSON, null if none */
public record Failure(
        String code,
        String category,
        String message,
        @JsonRawValue String details,
        Instant at) {}
