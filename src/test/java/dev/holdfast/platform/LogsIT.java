package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What a node writes down of the runs it has to do with, and what it never does. */
class LogsIT {
    private static final String RUNS = "/api/v1/runs";

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();
    private final String payload = "payload-" + UUID.randomUUID();
    private final String correlation = "correlation-" + UUID.randomUUID();

    @Test
    void I4_aReapIsLoggedWithRunTenantWorkerAndCorrelationId() {
        tenant.api().submit("logged");
        var claim = tenant.claimedAgo(tenant.api().claimOne("a \"worker\"", "logged"), Duration.ofHours(3));
        tenant.api()
                .with("X-Correlation-Id", correlation)
                .post("/api/v1/sweeps", Map.of())
                .expect(200);

        assertThat(lines(claim.runId()))
                .hasSize(1)
                .first()
                .asString()
                .contains(tenant.id().toString(), correlation)
                .contains("\"a \\\"worker\\\"\"");
    }

    @Test
    void I4_aFaultIsLoggedWithItsCorrelationIdAndWithoutPayloadOrKey() {
        rows.execute("alter table runs add constraint refused_by_a_test check (type <> 'refused-by-a-test') not valid");
        try {
            tenant.api()
                    .with("X-Correlation-Id", correlation)
                    .post(RUNS, withPayload(Map.of("type", "refused-by-a-test")))
                    .expect(500, "internal_error");
        } finally {
            rows.execute("alter table runs drop constraint refused_by_a_test");
        }
        assertThat(lines(correlation)).hasSize(1);
        assertThat(node.server().allLogs()).contains("refused_by_a_test").doesNotContain(payload);
    }

    @Test
    void I4_noPayloadIsLoggedWhateverIsDoneWithIt() {
        tenant.api().submit("payloads", withPayload(Map.of()));
        var claim = tenant.api().claimOne("worker", "payloads");
        said(claim, "heartbeat", 200, Map.of("progress", text(), "checkpoint", text()));
        said(claim, "events", 201, Map.of("events", List.of(Map.of("type", "step", "data", text()))));
        var failure = Map.of("code", "broken", "message", payload, "details", text());
        said(claim, "fail", 200, Map.of("failure", failure, "retryAfter", "PT0S"));
        var again = tenant.api().claimOne("worker", "payloads");
        said(again, "approvals", 201, Map.of("slot", "s", "action", "a", "title", payload, "args", text()));
        tenant.api()
                .post(RUNS + "/" + again.runId() + "/cancel", Map.of("reason", payload))
                .expect(200);
        tenant.api().post(RUNS, withPayload(Map.of("lane", "no lane"))).expect(400, "invalid_request");
        said(again, "complete", 409, Map.of("result", text(), "metadata", text()));
        tenant.claimedAgo(tenant.claimed("payloads", withPayload(Map.of())), Duration.ofHours(3));
        tenant.sweep(Map.of());

        assertThat(node.server().allLogs()).contains(tenant.id().toString()).doesNotContain(payload);
    }

    private void said(Claimed owner, String what, int status, Map<String, ?> members) {
        assertThat(tenant.api().asOwner(owner, what, members).status()).isEqualTo(status);
    }

    private Map<String, Object> withPayload(Map<String, ?> others) {
        var members = new HashMap<String, Object>(
                Map.of("lane", "payloads", "input", text(), "metadata", text(), "labels", text()));
        members.putAll(others);
        return members;
    }

    private Map<String, String> text() {
        return Map.of("text", payload);
    }

    private List<String> lines(String containing) {
        return node.server()
                .log()
                .lines()
                .filter(line -> line.contains(containing))
                .toList();
    }
}
