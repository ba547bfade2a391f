package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.platform.json.Json;
import java.nio.charset.StandardCharsets;

/** What the API answered. @param version that its ETag tells; null if it has none */
record Answer(int status, JsonNode json, String version) {
    static Answer of(int status, byte[] body, String tag) {
        var text = new String(body, StandardCharsets.UTF_8);
        JsonNode json = text.isBlank() ? MissingNode.getInstance() : Json.stored(text);
        return new Answer(status, json, tag == null ? null : tag.replace("\"", ""));
    }

    boolean isGood() {
        return status < 300;
    }

    /** @throws Refused with what the API says, unless it did what it was asked to */
    Answer good() {
        if (!isGood()) {
            throw refused();
        }
        return this;
    }

    Refused refused() {
        return new Refused(
                status, json.path("code").asText("refused"), json.path("detail").asText("It was refused."), json);
    }
}
