package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;

/** The API has refused what a page asked of it; or the console itself what a browser did. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final transient JsonNode problem;

    Refused(int status, String code, String detail, JsonNode problem) {
        super(detail, null, false, false); // an answer, not a fault
        this.status = status;
        this.code = code;
        this.problem = problem;
    }

    Refused(int status, String code, String detail) {
        this(status, code, detail, null);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /** The API's problem whole; null if it was none. */
    JsonNode problem() {
        return problem;
    }
}
