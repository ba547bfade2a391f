package dev.holdfast.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Json;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages, forms and their words, without a server. */
class PagesTest {
    private static final Map<String, Object> FRAME = Map.of(
            "static", "/console/static/0",
            "person", "ada",
            "token", "t",
            "origin", "http://here",
            "may", Map.of("operate", true, "decide", true));

    private static final JsonNode LANE = Json.stored("""
            {"name": "letters", "heartbeat": "optional", "heartbeatTimeout": "PT2M", "claimTimeout": "PT2H", "onLost": "requeue",
             "maxLost": 3, "maxAttempts": 3, "backoff": {"initial": "PT1S", "factor": 2.0, "max": "PT5M"}, "approvalTimeout": "PT30M",
             "retention": "P30D", "paused": true, "queued": 3, "inFlight": 1, "suspended": 0, "oldestQueuedAge": "PT1M5.2S",
             "workersPolling": 2, "createdAt": "2026-11-28T17:46:00Z", "version": 4}""");

    private static final JsonNode APPROVAL = Json.stored("""
            {"id": "01a22344-0529-73cc-9b1f-c798a4c571f3", "runId": "01a22344-0529-73cc-9b1f-c798a4c571f4", "slot": "s",
             "action": "payments.refund", "title": "<b>Refund</b>", "args": {"html": "<script>", "order": "\\u202e4711"},
             "argsDigest": "ab", "status": "pending", "deadline": "2026-11-28T17:46:00Z", "required": 2,
             "decisions": [{"approver": "grace", "approved": true, "reason": "it's fine", "at": "2026-11-28T17:40:00Z"}],
             "onDeny": "fail", "onExpiry": "deny", "requestedAt": "2026-11-28T17:30:00Z", "lane": "letters"}""");

    private final Templates templates = new Templates();

    @Test
    void anApprovalIsShownAsItIsAndHidesNothing() {
        var matter = new Matter(APPROVAL, Legible.of(APPROVAL.path("args")), 40, "worker w-1", true);
        var one = rendered("approval", Map.of("a", APPROVAL, "matter", matter, "missing", 1));
        var list = rendered(
                "approvals",
                Map.of(
                        "matters", List.of(matter),
                        "pending", true,
                        "waiting", 1,
                        "tabs", List.of(),
                        "filters", Map.of(),
                        "most", 20,
                        "list", Map.of("items", List.of(APPROVAL))));

        assertThat(List.of(one, list)).allSatisfy(page -> assertThat(page)
                .contains("&lt;b&gt;Refund", "&lt;script&gt;", "\\u202e4711", "name=\"argsDigest\" value=\"ab\"")
                .doesNotContain("<b>Refund", "<script>", "\u202e"));
        assertThat(one).contains("grace", "it&#39;s fine", "1 more of 2");
        assertThat(list).contains("<title>(1) Approvals");
    }

    @Test
    void aLanesPolicyComesBackFromItsFormAsItWas() {
        var form = LaneForm.of(LANE);

        assertThat(form).containsEntry("heartbeatTimeout", "2 min").containsEntry("backoffFactor", "2");
        assertThat(LaneForm.differences(LANE, form)).isEmpty();
        var policy = Json.tree(LaneForm.policy(form, true));
        assertThat(policy.at("/backoff/max").asText()).isEqualTo("PT5M");
        assertThat(policy.path("maxLost").asInt()).isEqualTo(3);
        assertThat(policy.path("paused").asBoolean()).isTrue();
        var changed = new HashMap<>(form);
        changed.put("maxLost", "7");
        changed.put("heartbeatTimeout", "120 s"); // said otherwise, but the same
        assertThat(LaneForm.differences(LANE, changed))
                .containsExactly(new LaneForm.Difference("Losses forgiven", "3", "7"));
        assertThat(rendered("lane-form", Map.of("lane", LANE, "name", "letters", "form", form, "version", "4")))
                .contains("value=\"2 min\"", "name=\"paused\" value=\"yes\"", "name=\"version\" value=\"4\"");
        assertThat(rendered("lane", Map.of("lane", LANE, "policy", form, "workers", List.of())))
                .contains("1 min 5 s", "Unpause this lane");
    }

    @ParameterizedTest
    @CsvSource({
        "90 s, PT1M30S, 1 min 30 s",
        "1 h 30 min, PT1H30M, 1 h 30 min",
        "2m, PT2M, 2 min",
        "30 d, PT720H, 30 d",
        "250 ms, PT0.25S, 250 ms",
        "PT5M, PT5M, 5 min",
        "0 s, PT0S, 0 s",
        "soon, soon, soon",
        "5, 5, 5",
        "-1 s, -1 s, -1 s"
    })
    void durationsAreReadAsPeopleWriteThem(String typed, String iso, String said) {
        assertThat(Spans.iso(typed)).isEqualTo(iso);
        assertThat(Spans.said(iso)).isEqualTo(said);
    }

    @Test
    void whatIsWrongIsSaidAtItsField() {
        var problem = Json.stored("""
                {"violations": [{"field": "backoff.max", "message": "a"}, {"field": "events[0]", "message": "b"},
                                {"field": "events[3]", "message": "b"}, {"field": "events[4]", "message": "c"}]}""");
        assertThat(Fields.wrong(problem)).isEqualTo(Map.of("backoffMax", "a", "events", "b; c"));
    }

    @Test
    void schedulesWorkersAndWebhooksSayWhatTheyAre() {
        var schedule = Json.stored("""
                {"name": "nightly", "lane": "reports", "cron": "0 2 * * *", "timeZone": "Europe/Berlin", "input": {"page": 1},
                 "overlap": "skip", "catchUp": "one", "enabled": true, "nextAt": "2026-11-29T01:00:00Z", "skipped": 2,
                 "nextFirings": ["2026-11-29T01:00:00Z", "2026-11-30T01:00:00Z"], "createdAt": "2026-11-28T17:00:00Z", "version": 1}""");
        assertThat(rendered("schedules", Map.of("schedules", Map.of("items", List.of(schedule)))))
                .contains("enabled", "0 2 * * *", "2 skipped", "never");
        assertThat(rendered("schedule", Map.of("schedule", schedule, "runs", Map.of("items", List.of()))))
                .contains("2026-11-30 01:00:00.000 UTC", "the firing is skipped", "It has made none yet");
        assertThat(rendered("schedule-form", Map.of("form", Map.of("overlap", "queue"), "isNew", true)))
                .contains("<option value=\"queue\" selected>");

        var worker = Json.stored("""
                {"id": "w-1", "lanes": ["letters", "parcels"], "inFlight": 2, "lastPollAt": "2026-11-28T17:00:00Z"}""");
        assertThat(rendered("workers", Map.of("workers", Map.of("items", List.of(worker)))))
                .contains("/console/lanes/parcels", "workerId=w-1", ">never<");
        assertThat(rendered("lanes", Map.of("lanes", Map.of("items", List.of(LANE)))))
                .contains("paused", "Unpause letters", "/console/lanes/letters/unpause");

        var webhook = Json.stored("""
                {"id": "01a22344-0529-73cc-9b1f-c798a4c571f3", "url": "https://example.com/hook?a=1&b=2", "events": ["completed", "lane_*"],
                 "enabled": true, "createdAt": "2026-11-28T17:00:00Z", "attempts": 3, "failingSince": "2026-11-28T17:10:00Z",
                 "nextAttemptAt": "2026-11-28T17:20:00Z", "lastError": "500: <h1>no</h1>", "deliveredUpTo": 81734}""");
        var delivery = Json.stored("""
                {"id": "01a22344-0529-73cc-9b1f-c798a4c571f5", "runId": "01a22344-0529-73cc-9b1f-c798a4c571f4", "type": "completed",
                 "attempt": 3, "outcome": "failed", "status": 500, "latencyMillis": 12, "error": "<h1>no</h1>", "at": "2026-11-28T17:10:00Z"}""");
        assertThat(rendered("webhooks", Map.of("webhooks", Map.of("items", List.of(webhook)))))
                .contains("hook?a=1&amp;b=2", "failing", "lane_*");
        assertThat(rendered(
                        "webhook",
                        Map.of(
                                "webhook",
                                webhook,
                                "deliveries",
                                Map.of("items", List.of(delivery)),
                                "tabs",
                                List.of())))
                .contains("was not taken 3 times", "500: &lt;h1&gt;no", "Send again completed of", "81734");
        assertThat(rendered("webhook-secret", Map.of("webhook", Map.of("id", "1", "url", "u", "secret", "whsec_1"))))
                .contains("whsec_1", "never again");
        assertThat(rendered(
                        "decisions",
                        Map.of("approves", true, "count", 1, "picks", List.of("1 2"), "approvals", List.of(APPROVAL))))
                .contains("Approve this one?", "value=\"1 2\"", "&lt;script&gt;");
    }

    private String rendered(String page, Map<String, ?> data) {
        var all = new HashMap<String, Object>(data);
        all.put("page", FRAME);
        var html = templates.render(page, all);
        assertThat(html).doesNotContain("NOT_FOUND", "null");
        return html;
    }
}
