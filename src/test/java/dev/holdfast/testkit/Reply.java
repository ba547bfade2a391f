package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpHeaders;

/**
 * What a request was answered.
 *
 * @param json the body as JSON; missing if there was none or it is no JSON
 * @param text the body as it came
 */
public record Reply(int status, HttpHeaders headers, JsonNode json, String text) {

    /** Null if the reply does not have it. */
    public String header(String name) {
        return headers.firstValue(name).orElse(null);
    }

    /** The problem's code; empty if this is no problem. */
    public String code() {
        return json.path("code").asText();
    }

    public Reply expect(int expected) {
        if (status != expected) {
            throw new AssertionError("expected status %d, but was %d: %s".formatted(expected, status, text));
        }
        return this;
    }

    public Reply expect(int expected, String code) {
        expect(expected);
        if (!code().equals(code)) {
            throw new AssertionError("expected problem %s, but was: %s".formatted(code, text));
        }
        return this;
    }
}
