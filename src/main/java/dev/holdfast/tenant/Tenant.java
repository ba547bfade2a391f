package dev.holdfast.tenant;

import java.time.Instant;
import java.util.UUID;

/** An owner of lanes, runs and keys. @param disabledAt null while it is enabled */
public record Tenant(UUID id, String name, Instant createdAt, Instant disabledAt) {}
