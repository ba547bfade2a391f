package dev.holdfast.client;

import java.time.Duration;

/**
 * One call of the API, apart from who makes it.
 *
 * @param path below the API's base, encoded
 * @param body null for none
 * @param idempotencyKey null for none
 * @param timeout how long to wait for the answer
 * @param repeatable whether a second call does no harm when the first one's answer was lost
 */
record Call(String method, String path, Object body, String idempotencyKey, Duration timeout, boolean repeatable) {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    static Call get(String path) {
        return new Call("GET", path, null, null, TIMEOUT, true);
    }

    static Call post(String path, Object body) {
        return new Call("POST", path, body, null, TIMEOUT, false);
    }

    static Call put(String path, Object body) {
        return new Call("PUT", path, body, null, TIMEOUT, true);
    }

    Call repeatedSafely() {
        return new Call(method, path, body, idempotencyKey, timeout, true);
    }

    Call onceFor(String key) {
        return key == null ? this : new Call(method, path, body, key, timeout, true);
    }

    Call answeredWithin(Duration limit) {
        return new Call(method, path, body, idempotencyKey, limit, repeatable);
    }
}
