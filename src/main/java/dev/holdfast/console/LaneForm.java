package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A lane's policy as fields of a form, durations in words, and back. */
final class LaneForm {
    private static final List<String> SPANS = List.of(
            "heartbeatTimeout",
            "claimTimeout",
            "queueTimeout",
            "runTimeout",
            "approvalTimeout",
            "retention",
            "backoffInitial",
            "backoffMax");
    private static final List<String> NUMBERS = List.of("maxAttempts", "maxLost", "maxInFlight", "backoffFactor");

    /** As the pages name them, in their order. */
    private static final Map<String, String> NAMES = names();

    private LaneForm() {}

    /** A field that somebody else has set to another value than this person wants. */
    record Difference(String name, String now, String yours) {}

    static List<String> fields() {
        return List.copyOf(NAMES.keySet());
    }

    static Map<String, String> of(JsonNode lane) {
        var form = new HashMap<String, String>();
        NAMES.keySet().forEach(field -> {
            var value = value(lane, field);
            if (!value.isMissingNode()) {
                form.put(field, SPANS.contains(field) ? Spans.said(value.asText()) : plain(value));
            }
        });
        return form;
    }

    /** What is left empty is left out: the default. */
    static Map<String, Object> policy(Map<String, String> form, boolean paused) {
        var policy = new LinkedHashMap<String, Object>();
        var backoff = new LinkedHashMap<String, Object>();
        form.forEach((field, typed) -> {
            if (!typed.isBlank()) {
                var value = SPANS.contains(field) ? Spans.iso(typed) : NUMBERS.contains(field) ? number(typed) : typed;
                if (field.startsWith("backoff")) {
                    backoff.put(field.substring(7).toLowerCase(java.util.Locale.ROOT), value);
                } else {
                    policy.put(field, value);
                }
            }
        });
        policy.put("paused", paused);
        if (!backoff.isEmpty()) {
            policy.put("backoff", backoff);
        }
        return policy;
    }

    static List<Difference> differences(JsonNode lane, Map<String, String> form) {
        var now = of(lane);
        var differences = new ArrayList<Difference>();
        NAMES.forEach((field, name) -> {
            var yours = form.getOrDefault(field, "").strip();
            var theirs = now.getOrDefault(field, "");
            boolean same = SPANS.contains(field) ? Spans.iso(yours).equals(Spans.iso(theirs)) : yours.equals(theirs);
            if (!same) {
                differences.add(new Difference(name, theirs, yours));
            }
        });
        return differences;
    }

    private static JsonNode value(JsonNode lane, String field) {
        return field.startsWith("backoff")
                ? lane.path("backoff").path(field.substring(7).toLowerCase(java.util.Locale.ROOT))
                : lane.path(field);
    }

    private static String plain(JsonNode value) {
        return value.isNumber() ? value.decimalValue().stripTrailingZeros().toPlainString() : value.asText();
    }

    private static Object number(String typed) {
        return typed.strip().matches("-?\\d{1,9}(\\.\\d{1,9})?") ? new java.math.BigDecimal(typed.strip()) : typed;
    }

    private static Map<String, String> names() {
        var names = new LinkedHashMap<String, String>();
        names.put("heartbeat", "Heartbeat");
        names.put("heartbeatTimeout", "Silence until dead");
        names.put("claimTimeout", "Claim without a beat until dead");
        names.put("onLost", "When an owner is dead");
        names.put("maxLost", "Losses forgiven");
        names.put("maxAttempts", "Failures until failed");
        names.put("backoffInitial", "First wait");
        names.put("backoffFactor", "Factor");
        names.put("backoffMax", "Longest wait");
        names.put("queueTimeout", "Longest wait for a worker");
        names.put("runTimeout", "Longest life of a run");
        names.put("approvalTimeout", "Time for people to answer");
        names.put("maxInFlight", "Most in flight");
        names.put("retention", "Ended runs are kept");
        return names;
    }
}
