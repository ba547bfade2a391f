package dev.holdfast.reaper;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.QuietNode;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Verdicts hold all that they rest on: whoever has one can judge again. */
class VerdictsIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final QuietNode node = QuietNode.shared();
    private final Rows rows = node.rows();
    private final Tenant tenant = node.newTenant();

    @AfterEach
    void whatIsStoredHolds() {
        rows.assertInvariants();
    }

    @Test
    void C22_everyVerdictJudgedAgainFromItsEvidenceComesOutTheSame() {
        var claims = everyKindOfClaim();
        var rehearsed = tenant.sweep(Map.of("phases", List.of("leases"), "dryRun", true))
                .path("verdicts");
        assertThat(rehearsed).isNotEmpty().hasSizeLessThan(claims.size());
        rehearsed.forEach(VerdictsIT::assertHolds);

        everyKindOfDeadline();
        everyKindOfQuestion();
        var byPolicy = tenant.sweep(Map.of());
        assertThat(byPolicy.path("verdicts").findValuesAsText("rule"))
                .contains(
                        "worker_heartbeat_lost",
                        "claim_expired",
                        "approval_timeout",
                        "timer_due",
                        "queue_timeout",
                        "run_timeout");
        assertThat(byPolicy.path("verdicts").findValuesAsText("outcome")).contains("queued", "failed", "cancelled");
        var byAge = tenant.sweep(Map.of("timeoutMinutes", 1));
        assertThat(byAge.path("verdicts")).hasSize(1);
        var byCutoff = tenant.sweep(Map.of("cutoff", "PT1M"));
        assertThat(byCutoff.path("verdicts").findValuesAsText("rule")).contains("orphaned");

        for (var sweep : List.of(byPolicy, byAge, byCutoff)) {
            var kept = tenant.api()
                    .get("/api/v1/sweeps/" + sweep.path("sweepId").asText())
                    .expect(200)
                    .json();
            assertThat(kept.path("verdicts").findValuesAsText("runId"))
                    .containsExactlyInAnyOrderElementsOf(sweep.path("verdicts").findValuesAsText("runId"));
            kept.path("verdicts").forEach(VerdictsIT::assertHolds);
        }
    }

    @Test
    void C22_theVerdictsOfAllSweepsSoFarHold() {
        everyKindOfClaim();
        tenant.sweep(Map.of());
        var stored = rows.all("select phase, rule, outcome, cast(evidence as text) as evidence from verdicts");
        assertThat(stored).isNotEmpty();
        for (var row : stored) {
            var verdict = JSON.createObjectNode();
            verdict.put("phase", row.get("phase").toString());
            verdict.put("rule", row.get("rule").toString());
            verdict.put("outcome", row.get("outcome").toString());
            verdict.set("evidence", parsed(row.get("evidence").toString()));
            assertHolds(verdict);
        }
    }

    @Test
    void C22_whoWasSparedIsSparedByTheSameJudge() {
        var claims = everyKindOfClaim();
        tenant.sweep(Map.of());
        int spared = 0;
        for (var claim : claims) {
            var liveness = tenant.explain(claim.runId()).path("liveness");
            if (liveness.isMissingNode()) {
                continue;
            }
            spared++;
            var evidence = JSON.createObjectNode();
            evidence.set("heartbeat", liveness.path("heartbeat"));
            evidence.set("claimedAt", liveness.path("claimedAt"));
            evidence.set("lastHeartbeatAt", liveness.path("lastHeartbeatAt"));
            evidence.put("heartbeatTimeout", "PT2M");
            evidence.put("claimTimeout", "PT2H");
            evidence.put("now", now().toString());
            assertThat(Judge.ruleOf("leases", evidence)).as(liveness.toString()).isEmpty();
        }
        assertThat(spared).isGreaterThan(5);
    }

    @Test
    void C22_theVerdictTellsItsSweepItsNodeAndWhatTheRunIsNow() {
        tenant.lane("told", Map.of("heartbeat", "required"));
        var claim = tenant.shifted(tenant.beating("told"), Duration.ofHours(1), Duration.ofMinutes(3));
        var before = tenant.run(claim.runId());

        var sweep = tenant.sweepLeases();

        var verdict = tenant.explain(claim.runId()).path("lastVerdict");
        assertThat(verdict).isEqualTo(sweep.at("/verdicts/0"));
        var evidence = verdict.path("evidence");
        assertThat(evidence.path("sweepId")).isEqualTo(sweep.path("sweepId"));
        assertThat(evidence.path("node").asText()).isEqualTo(node.server().name());
        assertThat(evidence.path("fence").asLong()).isEqualTo(claim.fence());
        assertThat(evidence.path("workerId")).isEqualTo(before.path("workerId"));
        assertThat(instant(evidence, "claimedAt")).isEqualTo(instant(before, "claimedAt"));
        assertThat(instant(evidence, "lastHeartbeatAt")).isEqualTo(instant(before, "lastHeartbeatAt"));
        assertThat(verdict.path("outcome")).isEqualTo(tenant.run(claim.runId()).path("state"));
        assertThat(node.server().log())
                .containsOnlyOnce("sweep %s: run %s of tenant %s: worker_heartbeat_lost, now queued"
                        .formatted(sweep.path("sweepId").asText(), claim.runId(), tenant.id()));
    }

    private List<Claimed> everyKindOfClaim() {
        var claims = new ArrayList<Claimed>();
        for (var heartbeat : List.of("required", "optional", "none")) {
            for (var onLost : List.of("requeue", "fail")) {
                var lane = heartbeat + "-" + onLost;
                tenant.lane(lane, Map.of("heartbeat", heartbeat, "onLost", onLost, "maxLost", 1));
                for (var silence : List.of("PT30S", "PT3M", "PT3H")) {
                    var age = Duration.parse(silence);
                    claims.add(tenant.claimedAgo(tenant.claimed(lane), age));
                    claims.add(tenant.shifted(tenant.beating(lane), age.plusHours(4), age));
                    var lostBefore = tenant.shifted(tenant.beating(lane), age.plusSeconds(1), age);
                    rows.change("update runs set lost = 1 where id = ?", UUID.fromString(lostBefore.runId()));
                    claims.add(lostBefore);
                }
            }
        }
        return claims;
    }

    private void everyKindOfDeadline() {
        tenant.lane("asleep", Map.of());
        var asleep = tenant.claimed("asleep");
        tenant.api()
                .asOwner(asleep, "sleep", Map.of("until", now().plusSeconds(60).toString()))
                .expect(200);
        tenant.lane("waiting", Map.of("queueTimeout", "PT1M"));
        tenant.api().submit("waiting");
        tenant.api().submit("asleep", Map.of("queueTimeout", "PT1M"));
        tenant.lane("living", Map.of("runTimeout", "PT1M"));
        tenant.claimed("living");
        tenant.claimed("asleep", Map.of("runTimeout", "PT1M", "priority", 100));
        rows.change("""
                update runs set submitted_at = submitted_at - interval 'PT2M', available_at = available_at - interval 'PT2M'
                where tenant_id = ? and lane in ('asleep', 'waiting', 'living')""", tenant.id());
    }

    private void everyKindOfQuestion() {
        for (var onExpiry : List.of("fail", "deny", "approve")) {
            for (var onDeny : List.of("continue", "fail", "cancel")) {
                tenant.api()
                        .ask(tenant.claimed("asking"), Map.of("onExpiry", onExpiry, "onDeny", onDeny))
                        .expect(201);
            }
        }
        rows.change("update approvals set deadline = statement_timestamp() where tenant_id = ?", tenant.id());
        tenant.api().ask(tenant.claimed("patient"), Map.of("timeout", "P1D")).expect(201);
        rows.change(
                "update approvals set requested_at = requested_at - interval 'PT1M' where tenant_id = ? and lane = 'patient'",
                tenant.id());
    }

    private static void assertHolds(JsonNode verdict) {
        var phase = verdict.path("phase").asText();
        var evidence = verdict.path("evidence");
        assertThat(Judge.ruleOf(phase, evidence))
                .as(verdict.toString())
                .contains(verdict.path("rule").asText());
        assertThat(evidence.path("rule").asText())
                .isEqualTo(verdict.path("rule").asText());
        assertThat(Judge.outcomeOf(phase, evidence))
                .as(verdict.toString())
                .isEqualTo(verdict.path("outcome").asText());
    }

    private Instant now() {
        return Instant.parse(rows.one("select as_utc(statement_timestamp()) as now")
                .get("now")
                .toString());
    }

    private static JsonNode parsed(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Instant instant(JsonNode node, String member) {
        return Instant.parse(node.path(member).asText());
    }

    /** The rules, said again in another language and from the evidence alone. Pure. */
    private static final class Judge {
        static Optional<String> ruleOf(String phase, JsonNode evidence) {
            return switch (phase) {
                case "leases" -> ruleOfLease(evidence);
                case "approvals" ->
                    evidence.has("askedFor")
                            ? since(evidence, "requestedAt", duration(evidence, "askedFor"), "approval_timeout")
                            : since(evidence, "deadline", Duration.ZERO, "approval_timeout");
                case "timers" -> since(evidence, "until", Duration.ZERO, "timer_due");
                case "queue" -> since(evidence, "claimableSince", duration(evidence, "queueTimeout"), "queue_timeout");
                case "runs" -> since(evidence, "submittedAt", duration(evidence, "runTimeout"), "run_timeout");
                default -> Optional.empty();
            };
        }

        static String outcomeOf(String phase, JsonNode evidence) {
            return switch (phase) {
                case "leases" ->
                    evidence.path("onLost").asText().equals("requeue")
                                    && evidence.path("lost").asInt()
                                            < evidence.path("maxLost").asInt()
                            ? "queued"
                            : "failed";
                case "approvals" -> outcomeOfQuestion(evidence);
                case "timers" -> "queued";
                default -> "failed";
            };
        }

        private static String outcomeOfQuestion(JsonNode evidence) {
            return switch (evidence.path("onExpiry").asText()) {
                case "approve" -> "queued";
                case "deny" ->
                    Map.of("continue", "queued", "fail", "failed", "cancel", "cancelled")
                            .get(evidence.path("onDeny").asText());
                default -> "failed";
            };
        }

        private static Optional<String> ruleOfLease(JsonNode evidence) {
            if (evidence.has("cutoff")) {
                return since(evidence, "lastHeartbeatAt", duration(evidence, "cutoff"), "orphaned");
            }
            var heartbeat = evidence.path("heartbeat").asText();
            var beaten = instant(evidence, "lastHeartbeatAt").isAfter(instant(evidence, "claimedAt"));
            var silenceCounts = heartbeat.equals("required") || heartbeat.equals("optional") && beaten;
            return silenceCounts
                    ? since(
                            evidence,
                            "lastHeartbeatAt",
                            duration(evidence, "heartbeatTimeout"),
                            "worker_heartbeat_lost")
                    : since(evidence, "claimedAt", duration(evidence, "claimTimeout"), "claim_expired");
        }

        /** Inclusive: an age of exactly the limit is over it. */
        private static Optional<String> since(JsonNode evidence, String start, Duration limit, String rule) {
            var over = !instant(evidence, start).plus(limit).isAfter(instant(evidence, "now"));
            return over ? Optional.of(rule) : Optional.empty();
        }

        private static Duration duration(JsonNode evidence, String member) {
            return Duration.parse(evidence.path(member).asText());
        }
    }
}
