package dev.holdfast.testkit;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request and the answer it got, as the wire showed them.
 *
 * @param path the path asked for, without query
 * @param headers the answer's headers; names are compared without regard to case
 * @param body the answer's body, empty if there was none
 */
public record Exchange(String method, String path, int status, Map<String, List<String>> headers, String body) {

    public Exchange {
        var byName = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        byName.putAll(headers);
        headers = byName;
    }

    /** Null if the answer does not have the header. */
    public String header(String name) {
        var values = headers.getOrDefault(name, List.of());
        return values.isEmpty() ? null : values.get(0);
    }
}
