package dev.holdfast.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Which runs to list. Each method gives a new query with one condition more; all conditions hold together. */
public final class RunQuery {
    private final Map<String, String> parameters;

    private RunQuery(Map<String, String> parameters) {
        this.parameters = parameters;
    }

    /** Every run of the tenant, newest first. */
    public static RunQuery all() {
        return new RunQuery(Map.of());
    }

    public RunQuery lane(String lane) {
        return with("lane", lane);
    }

    public RunQuery state(String state) {
        return with("state", state);
    }

    public RunQuery subject(String subject) {
        return with("subject", subject);
    }

    public RunQuery conversationId(String conversationId) {
        return with("conversationId", conversationId);
    }

    public RunQuery label(String name, String value) {
        return with("label", name + ":" + value);
    }

    public RunQuery workerId(String workerId) {
        return with("workerId", workerId);
    }

    public RunQuery failureCode(String code) {
        return with("failureCode", code);
    }

    public RunQuery category(String category) {
        return with("category", category);
    }

    public RunQuery resumable(boolean resumable) {
        return with("resumable", Boolean.toString(resumable));
    }

    public RunQuery stale(boolean stale) {
        return with("stale", Boolean.toString(stale));
    }

    public RunQuery submittedAfter(Instant time) {
        return with("submittedAfter", time.toString());
    }

    public RunQuery submittedBefore(Instant time) {
        return with("submittedBefore", time.toString());
    }

    /** Runs a page, 1 to 500; Holdfast's default is 50. */
    public RunQuery limit(int limit) {
        return with("limit", Integer.toString(limit));
    }

    /** Goes on where a page ended: its {@code nextCursor}. */
    public RunQuery cursor(String cursor) {
        return with("cursor", cursor);
    }

    private RunQuery with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new RunQuery(more);
    }

    /** The query string with its question mark; empty when there is no condition. */
    @Override
    public String toString() {
        return parameters.isEmpty()
                ? ""
                : parameters.entrySet().stream()
                        .map(p -> p.getKey() + "=" + encoded(p.getValue()))
                        .collect(Collectors.joining("&", "?", ""));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
