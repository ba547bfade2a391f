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

    /** Of this lane. */
    public RunQuery lane(String lane) {
        return with("lane", lane);
    }

    /** In this state; several with commas. */
    public RunQuery state(String state) {
        return with("state", state);
    }

    /** About this subject. */
    public RunQuery subject(String subject) {
        return with("subject", subject);
    }

    /** Of this conversation. */
    public RunQuery conversationId(String conversationId) {
        return with("conversationId", conversationId);
    }

    /** With this label. */
    public RunQuery label(String name, String value) {
        return with("label", name + ":" + value);
    }

    /** Whose present or last owner this is. */
    public RunQuery workerId(String workerId) {
        return with("workerId", workerId);
    }

    /** Failed with this code. */
    public RunQuery failureCode(String code) {
        return with("failureCode", code);
    }

    /** Failed in this category: infrastructure, work, human or deadline. */
    public RunQuery category(String category) {
        return with("category", category);
    }

    /** Those that a resume would move; false: all others. */
    public RunQuery resumable(boolean resumable) {
        return with("resumable", Boolean.toString(resumable));
    }

    /** Those in flight whose owner is dead by their lane's rules; false: all others. */
    public RunQuery stale(boolean stale) {
        return with("stale", Boolean.toString(stale));
    }

    /** Submitted at this time or later. */
    public RunQuery submittedAfter(Instant time) {
        return with("submittedAfter", time.toString());
    }

    /** Submitted before this time. */
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
