package dev.holdfast.platform.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.holdfast.platform.problem.Problem;

/** The body is not one well-formed JSON document: 400 {@code malformed_json}. */
public final class MalformedJson extends Problem {
    private static final long serialVersionUID = 1;

    static final String LIMITS =
            "it is nested deeper than " + Json.MAX_DEPTH + " levels, or has a number of more than " + Json.MAX_DIGITS
                    + " digits, a name that is too long, or more than " + Json.MAX_TOKENS + " names and values";

    MalformedJson(String detail) {
        super(400, "malformed_json", "The body is not valid JSON: " + detail + ".");
    }

    MalformedJson(JsonProcessingException cause) {
        this(inPlainWords(cause));
    }

    // Jackson's own words would echo the body and name classes; its place is what helps.
    private static String inPlainWords(JsonProcessingException cause) {
        var place = cause.getLocation() == null
                ? ""
                : " at line %d, column %d"
                        .formatted(
                                cause.getLocation().getLineNr(),
                                cause.getLocation().getColumnNr());
        var message = cause.getOriginalMessage();
        if (cause instanceof StreamConstraintsException) {
            return LIMITS;
        }
        if (message != null && message.startsWith("Duplicate field")) {
            return "a member is named twice" + place;
        }
        return (cause instanceof JsonEOFException ? "incomplete document" : "unexpected content") + place;
    }
}
