package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/** What a page answers. */
sealed interface Reply {
    /** @param template of {@code pages}, without {@code .html} @param data what it shows */
    record Shown(int status, String template, Map<String, ?> data) implements Reply {}

    /** @param to below {@code /console} */
    record Redirect(String to) implements Reply {}

    /** The API's live events, until the browser goes. @param path of the API */
    record Live(String path) implements Reply {}

    /** What the API answered, as it is. */
    record Raw(JsonNode json) implements Reply {}

    static Reply show(String template, Map<String, ?> data) {
        return new Shown(200, template, data);
    }

    static Reply to(String path) {
        return new Redirect(path);
    }
}
