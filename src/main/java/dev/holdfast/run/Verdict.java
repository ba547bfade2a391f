package dev.holdfast.run;

import static dev.holdfast.platform.database.Database.instant;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.annotation.JsonRawValue;
import dev.holdfast.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
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

    /** Whether a run was moved: else a key died, or a run was removed. */
    boolean isMove() {
        return runId != null
                && Arrays.stream(RunState.values()).anyMatch(state -> state.id().equals(outcome));
    }

    /** Whether the run is gone, with all that was told of it. */
    public boolean isRemoval() {
        return phase.equals("retention");
    }

    /** Whether the run, if it was queued again, waits first. */
    boolean backsOff() {
        return phase.equals("leases");
    }

    /** The run's lane; null of a key. */
    String lane() {
        return Json.stored(evidence).path("lane").textValue();
    }

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
