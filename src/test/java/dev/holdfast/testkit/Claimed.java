package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** One claim, as {@code POST /claims} gave it. */
public record Claimed(String runId, long fence, String runKey, JsonNode json) {

    public static Claimed of(JsonNode claim) {
        return new Claimed(
                claim.path("run").path("id").asText(),
                claim.path("fence").asLong(),
                claim.path("runKey").asText(),
                claim);
    }

    /** The same run with a fence that is not its owner's. */
    public Claimed withFence(long other) {
        return new Claimed(runId, other, runKey, json);
    }

    /** {@code {"fence": …, members…}}. */
    public Map<String, Object> body(Map<String, ?> members) {
        var body = new LinkedHashMap<String, Object>();
        body.put("fence", fence);
        body.putAll(members);
        return body;
    }
}
