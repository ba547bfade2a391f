package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * One operation of the published contract.
 *
 * @param path the template, such as {@code /api/v1/runs/{id}/heartbeat}
 * @param fenced where its fence is
 * @param scopes any one of these suffices; {@code run} is the run's own key
 */
public record Operation(String method, String path, String id, Fenced fenced, List<String> scopes) {

    public enum Fenced {
        /** Takes no fence: no worker's write. */
        NO,
        /** One fence, in the body. */
        WHOLE,
        /** One fence in each item of the body. */
        ITEMS
    }

    static Operation of(String method, String path, JsonNode node) {
        var fenced =
                switch (node.path("x-holdfast-fenced").asText()) {
                    case "" -> Fenced.NO;
                    case "true" -> Fenced.WHOLE;
                    case "items" -> Fenced.ITEMS;
                    default ->
                        throw new IllegalStateException(method + " " + path + ": x-holdfast-fenced is "
                                + node.path("x-holdfast-fenced") + ", expected true or items");
                };
        var scopes = StreamSupport.stream(node.path("x-holdfast-scopes").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        return new Operation(method, path, node.path("operationId").asText(), fenced, scopes);
    }

    /** The path with every template variable replaced by {@code id}. */
    public String pathOf(String id) {
        return path.replaceAll("\\{[^}]+}", id);
    }

    boolean servesPath(String asked) {
        var template = Arrays.stream(path.split("/", -1))
                .map(part -> part.startsWith("{") ? "[^/]+" : Pattern.quote(part))
                .collect(Collectors.joining("/"));
        return asked.matches(template);
    }

    /** Whether its path has no variables. */
    public boolean isLiteral() {
        return !path.contains("{");
    }

    @Override
    public String toString() {
        return method + " " + path;
    }
}
