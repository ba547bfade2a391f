package dev.holdfast.key;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** A tenant's key as people may see it. The key itself is shown once, when it is made. */
@JsonPropertyOrder({"id", "name", "prefix", "scopes", "createdAt", "expiresAt", "revokedAt", "lastUsedAt", "key"})
public record ApiKey(
        UUID id,
        String name,
        String prefix,
        List<String> scopes,
        Instant createdAt,
        Instant expiresAt,
        Instant revokedAt,
        Instant lastUsedAt,
        String key) {
    ApiKey shownOnce(String raw) {
        return new ApiKey(id, name, prefix, scopes, createdAt, expiresAt, revokedAt, lastUsedAt, raw);
    }
}
