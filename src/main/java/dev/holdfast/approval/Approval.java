package dev.holdfast.approval;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Version;
import java.time.Instant;
import java.util.UUID;

/** An approval as people end it, its {@code @Version} deciding who was first; {@link ApprovalRow} is what the API shows. */
@Entity
@Table(name = "approvals")
public class Approval {
    @Id
    private UUID id;

    @Column(name = "tenant_id", updatable = false)
    private UUID tenantId;

    @Enumerated(EnumType.STRING)
    private Status status;

    @Column(name = "ended_at")
    private Instant endedAt;

    @Version
    private long version;

    protected Approval() {} // for JPA

    /** @param now the database's */
    void end(Status outcome, Instant now) {
        if (status != Status.PENDING || outcome == Status.PENDING) {
            throw new IllegalStateException("approval " + id + " of tenant " + tenantId + " cannot go from "
                    + status.id() + " to " + outcome.id());
        }
        status = outcome;
        endedAt = now;
    }

    long version() {
        return version;
    }
}
