package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/**
 * One call of the API, apart from who makes it.
 *
 * @param path below the API's base, encoded
 * @param body null for none
 * @param headers besides those of every call
 * @param timeout how long to wait for the answer
 * @param repeatable whether a second call does no harm when the first one's answer was lost
 * @param reading makes of the answer's JSON what the caller gets
 */
record Call<T>(
        String method,
        String path,
        Object body,
        Map<String, String> headers,
        Duration timeout,
        boolean repeatable,
        Function<JsonNode, T> reading) {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    static Call<JsonNode> get(String path) {
        return new Call<>("GET", path, null, Map.of(), TIMEOUT, true, reply -> reply);
    }

    static Call<JsonNode> post(String path, Object body) {
        return new Call<>("POST", path, body, Map.of(), TIMEOUT, false, reply -> reply);
    }

    static Call<JsonNode> put(String path, Object body) {
        return new Call<>("PUT", path, body, Map.of(), TIMEOUT, true, reply -> reply);
    }

    static Call<JsonNode> any(String method, String path, Object body, Map<String, String> headers) {
        boolean repeatable = method.equals("GET") || headers.containsKey(IDEMPOTENCY_KEY);
        return new Call<>(method, path, body, headers, TIMEOUT, repeatable, reply -> reply);
    }

    Call<T> repeatedSafely() {
        return new Call<>(method, path, body, headers, timeout, true, reading);
    }

    Call<T> onceFor(String key) {
        return new Call<>(method, path, body, Map.of(IDEMPOTENCY_KEY, key), timeout, true, reading);
    }

    Call<T> answeredWithin(Duration limit) {
        return new Call<>(method, path, body, headers, limit, repeatable, reading);
    }

    <U> Call<U> as(Class<U> type) {
        return read(reply -> Json.read(reply, type));
    }

    <U> Call<U> read(Function<JsonNode, U> other) {
        return new Call<>(method, path, body, headers, timeout, repeatable, other);
    }

    <U> Call<Page<U>> asPageOf(Class<U> item) {
        return read(reply -> Json.read(reply, Json.MAPPER.getTypeFactory().constructParametricType(Page.class, item)));
    }
}
