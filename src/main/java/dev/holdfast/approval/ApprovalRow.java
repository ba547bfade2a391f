package dev.holdfast.approval;

import static dev.holdfast.platform.database.Database.instant;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * An approval as the API shows it, its decisions included. What is absent is null.
 *
 * @param args JSON, as they were given
 * @param approvers null if everybody may decide who may decide at all
 * @param decisions JSON, oldest first
 * @param askedWith ids of the tenant's keys that asked, and that had claimed the run
 * @param deciders ids of those who have decided
 */
public record ApprovalRow(
        UUID id,
        UUID runId,
        String slot,
        String action,
        String title,
        String description,
        @JsonRawValue String args,
        String argsDigest,
        boolean delegated,
        Status status,
        Instant deadline,
        Approvers approvers,
        int required,
        @JsonRawValue String decisions,
        String onDeny,
        String onExpiry,
        Instant requestedAt,
        Instant endedAt,
        Instant redeemedAt,
        String conversationId,
        String endUser,
        String lane,
        long version,
        @JsonIgnore List<UUID> askedWith,
        @JsonIgnore List<String> deciders) {

    /** Either suffices. @param roles null if none are named @param users likewise */
    public record Approvers(List<String> roles, List<String> users) {
        boolean names(String user) {
            return users != null && users.contains(user);
        }

        boolean hasRole(String role) {
            return roles != null && roles.contains(role);
        }
    }

    /** The columns of an approval {@code a}. */
    static final String COLUMNS = """
            a.id, a.run_id, a.slot, a.action, a.title, a.description, nullif(cast(a.args as text), 'null') as args,
            a.args_digest, a.delegated, a.status, a.deadline, a.roles, a.users, a.required, a.on_deny, a.on_expiry,
            a.requested_at, a.ended_at, a.redeemed_at, a.conversation_id, a.end_user, a.lane, a.version, a.asked_with,
            (select coalesce(json_agg(json_strip_nulls(json_build_object('approver', d.approver, 'approved', d.approved,
                        'reason', d.reason, 'at', as_utc(d.at))) order by d.at, d.approver_id), '[]')
             from decisions d where d.tenant_id = a.tenant_id and d.approval_id = a.id) as decisions,
            array(select d.approver_id from decisions d where d.tenant_id = a.tenant_id and d.approval_id = a.id) as deciders""";

    static ApprovalRow of(ResultSet row) throws SQLException {
        return new ApprovalRow(
                row.getObject("id", UUID.class),
                row.getObject("run_id", UUID.class),
                row.getString("slot"),
                row.getString("action"),
                row.getString("title"),
                row.getString("description"),
                row.getString("args"),
                HexFormat.of().formatHex(row.getBytes("args_digest")),
                row.getBoolean("delegated"),
                Status.of(row.getString("status")),
                instant(row, "deadline"),
                approvers(row),
                row.getInt("required"),
                row.getString("decisions"),
                row.getString("on_deny"),
                row.getString("on_expiry"),
                instant(row, "requested_at"),
                instant(row, "ended_at"),
                instant(row, "redeemed_at"),
                row.getString("conversation_id"),
                row.getString("end_user"),
                row.getString("lane"),
                row.getLong("version"),
                list(row, "asked_with", UUID[].class),
                list(row, "deciders", String[].class));
    }

    private static Approvers approvers(ResultSet row) throws SQLException {
        var roles = list(row, "roles", String[].class);
        var users = list(row, "users", String[].class);
        return roles == null && users == null ? null : new Approvers(roles, users);
    }

    private static <T> List<T> list(ResultSet row, String column, Class<T[]> type) throws SQLException {
        var array = row.getArray(column);
        return array == null ? null : Arrays.asList(type.cast(array.getArray()));
    }
}
