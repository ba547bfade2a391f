package dev.holdfast.platform.problem;

/** What the container refuses with a bare status, said as a problem. */
final class StatusProblem {
    private StatusProblem() {}

    static Problem of(int status) {
        return switch (status) {
            case 401 ->
                new Problem(401, "key_missing", "This call needs a key: Authorization: Bearer <key>.")
                        .header("WWW-Authenticate", "Bearer realm=\"holdfast\"");
            case 403 -> new Problem(403, "forbidden", "The caller's scopes, or a person's roles, do not allow this.");
            case 404 -> new Problem(404, "not_found", "There is nothing here.");
            case 405 -> new Problem(405, "method_not_allowed", "This address does not know that method; see Allow.");
            case 406 -> new Problem(406, "not_acceptable", "The reply cannot be had in a type that Accept names.");
            case 413 -> new Problem(413, "payload_too_large", "The body is too large.");
            case 415 -> new Problem(415, "unsupported_media_type", "The body must be application/json.");
            case 431 -> new Problem(431, "headers_too_large", "The headers are too large.");
            case 503 ->
                new Problem(503, "unavailable", "Holdfast cannot answer now; try again.").header("Retry-After", "2");
            default ->
                status >= 400 && status < 500
                        ? new Problem(status, "bad_request", "The request cannot be understood.")
                        : new Problem(500, "internal_error", "Something went wrong here; the correlation id finds it.");
        };
    }
}
