package dev.holdfast.examples.week;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;

/** The API as everybody in the week uses it. @param base such as {@code http://localhost:9080} */
record Caller(URI base, String key) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    JsonNode post(String path, Map<String, ?> body) throws IOException, InterruptedException {
        return send("POST", path, body);
    }

    JsonNode get(String path) throws IOException, InterruptedException {
        return send("GET", path, null);
    }

    /** A lane that is there already stays as it is. */
    void lane(String name, Map<String, ?> policy) throws IOException, InterruptedException {
        if (get("/lanes?limit=500").path("items").findValuesAsText("name").contains(name)) {
            return;
        }
        send("PUT", "/lanes/" + name, policy);
    }

    private JsonNode send(String method, String path, Map<String, ?> body) throws IOException, InterruptedException {
        var content = body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(JSON.writeValueAsString(body));
        var request = HttpRequest.newBuilder(base.resolve("/api/v1" + path))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .method(method, content)
                .build();
        var reply = HTTP.send(request, BodyHandlers.ofString());
        if (reply.statusCode() >= 300) {
            throw new IOException(method + " " + path + " was answered " + reply.statusCode() + ": " + reply.body());
        }
        return JSON.readTree(reply.body());
    }
}
