package dev.holdfast.approval;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** What one approver has said of one approval; written once, never changed. */
@Entity
@Table(name = "decisions")
@IdClass(Decision.Key.class)
public class Decision {
    /** One a person, or a key, and approval. */
    public record Key(UUID approvalId, String approverId) {}

    @Id
    @Column(name = "approval_id")
    private UUID approvalId;

    @Id
    @Column(name = "approver_id")
    private String approverId;

    @Column(name = "tenant_id")
    private UUID tenantId;

    private String approver;
    private boolean approved;
    private String reason;
    private Instant at;

    protected Decision() {} // for JPA

    /** @param reason null if none was given @param now the database's */
    Decision(UUID tenant, UUID approval, Approver by, boolean approved, String reason, Instant now) {
        tenantId = tenant;
        approvalId = approval;
        approverId = by.id();
        approver = by.name();
        this.approved = approved;
        this.reason = reason;
        at = now;
    }
}
