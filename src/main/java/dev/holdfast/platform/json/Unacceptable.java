package dev.holdfast.platform.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonMappingException;

/** A member's value is of the wrong form; the message says what it must be. */
final class Unacceptable extends JsonMappingException {
    private static final long serialVersionUID = 1;

    Unacceptable(JsonParser in, String expected) {
        super(in, expected);
    }
}
