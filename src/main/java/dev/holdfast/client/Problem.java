package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Holdfast refused a call, and says why (RFC 9457). */
public final class Problem extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

    private final int status;
    private final String code;
    private final transient ObjectNode members;
    private final Duration retryAfter;

    /**
     * A refusal as it came.
     *
     * @param body the problem; null or anything else when the answer was none of Holdfast's
     * @param retryAfter null if Holdfast did not say
     */
    public Problem(int status, JsonNode body, Duration retryAfter) {
        this(status, body instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode(), retryAfter);
    }

    private Problem(int status, ObjectNode members, Duration retryAfter) {
        super(describe(status, members));
        this.status = status;
        this.code = members.path("code").asText("http_" + status);
        this.members = members;
        this.retryAfter = retryAfter;
    }

    private static String describe(int status, ObjectNode members) {
        String code = members.path("code").asText("http_" + status);
        String detail = members.path("detail").asText(members.path("title").asText(""));
        return detail.isEmpty() ? status + " " + code : status + " " + code + ": " + detail;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The problem's code, such as {@code lease_lost}; {@code http_<status>} when the answer was no problem of Holdfast's. Never null. */
    public String code() {
        return code;
    }

    /** Whether the code is the given one. */
    public boolean is(String expected) {
        return code.equals(expected);
    }

    /** What happened, in words; null when the answer had none. */
    public String detail() {
        return members.path("detail").asText(null);
    }

    /** One member of the problem, such as {@code activeRunId} or {@code violations}; a missing node, never null, when absent. */
    public JsonNode member(String name) {
        return members.path(name);
    }

    /** How long Holdfast asks to wait before the next try. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Whether the same call may succeed later, unchanged: Holdfast or its database is away or busy. */
    public boolean isPassing() {
        return PASSING.contains(status);
    }
}
