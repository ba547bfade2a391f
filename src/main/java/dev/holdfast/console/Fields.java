package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/** What the API says of the fields of a form. */
final class Fields {
    private Fields() {}

    /** By the form's names: {@code backoff.max} is the field {@code backoffMax}, {@code events[2]} is of {@code events}. */
    static Map<String, String> wrong(JsonNode problem) {
        var wrong = new HashMap<String, String>();
        for (var violation : problem.path("violations")) {
            wrong.merge(
                    name(violation.path("field").asText()),
                    violation.path("message").asText(),
                    (one, other) -> one.equals(other) ? one : one + "; " + other);
        }
        return wrong;
    }

    /** A problem of the console's own about one field. */
    static Map<String, Object> problem(String field, String message) {
        return Map.of(
                "title",
                "Invalid request",
                "detail",
                "One field cannot be used.",
                "violations",
                java.util.List.of(Map.of("field", field, "message", message)));
    }

    private static String name(String field) {
        var plain = field.replaceAll("\\[\\d+]", "");
        int dot = plain.indexOf('.');
        return dot < 0
                ? plain
                : plain.substring(0, dot) + Character.toUpperCase(plain.charAt(dot + 1)) + plain.substring(dot + 2);
    }
}
