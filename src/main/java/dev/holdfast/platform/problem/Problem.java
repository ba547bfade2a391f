package dev.holdfast.platform.problem;

import java.util.LinkedHashMap;
import java.util.Map;

/** A refusal with its RFC 9457 members. Thrown where the rule is; turned into a reply in one place. */
public class Problem extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String code;
    private final transient Map<String, Object> members = new LinkedHashMap<>();
    private final transient Map<String, String> headers = new LinkedHashMap<>();

    /**
     * @param code the last part of {@code type}, fixed by contract
     * @param detail what was expected, what was found and what to do, for a person; holds no SQL, class name or payload
     */
    public Problem(int status, String code, String detail) {
        super(detail, null, false, false); // an answer, not a fault: nobody reads its stack
        this.status = status;
        this.code = code;
    }

    /** Adds an extra member at top level; a null value adds nothing. */
    public Problem with(String member, Object value) {
        if (value != null) {
            members.put(member, value);
        }
        return this;
    }

    public Problem header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    public int status() {
        return status;
    }

    public String code() {
        return code;
    }

    public Map<String, String> headers() {
        return headers;
    }

    /** The problem's members without {@code instance} and {@code correlationId}, as an item of a batch shows it. */
    public Map<String, Object> members() {
        var all = new LinkedHashMap<String, Object>();
        all.put("type", "urn:holdfast:problem:" + code);
        all.put("title", title());
        all.put("status", status);
        all.put("detail", getMessage());
        all.put("code", code);
        all.putAll(members);
        return all;
    }

    private String title() {
        var words = code.replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
