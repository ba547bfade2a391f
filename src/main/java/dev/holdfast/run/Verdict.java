package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;

/**
 * What a sweep found of one run, and why.
 *
 * @param rule that says so: also the failure code, if the run failed by it alone
 * @param outcome the state that the run was moved to, or would be
 * @param evidence JSON: all that the rule looked at, so that anyone can judge again
 */
@JsonPropertyOrder({"runId", "phase", "rule", "outcome", "at", "evidence"})
public record Verdict(
        @JsonIgnore UUID tenant,
        UUID runId,
        String phase,
        String rule,
        String outcome,
        Instant at,
        @JsonRawValue String evidence) {

    static final String COLUMNS = "tenant_id, run_id, phase, rule, outcome, at, evidence";

    public static Verdict of(ResultSet row) throws SQLException {
        return new Verdict(
                row.getObject("tenant_id", UUID.class),
                row.getObject("run_id", UUID.class),
                row.getString("phase"),
                row.getString("rule"),
                row.getString("outcome"),
                instant(row, "at"),
                row.getString("evidence"));
    }
}
