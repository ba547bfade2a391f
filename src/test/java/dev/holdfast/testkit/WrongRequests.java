package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.testkit.OpenApi.Place;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Requests made from the published contract: each member of each body in turn holds each value of a list that has
 * something wrong for everybody. The contract itself says which of them are allowed.
 */
public final class WrongRequests {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final List<JsonNode> VALUES = List.of(
            JSON.nullNode(),
            JSON.booleanNode(true),
            JSON.numberNode(-1),
            JSON.numberNode(12),
            JSON.numberNode(new BigDecimal("1.5")),
            JSON.numberNode(new BigInteger("99999999999999999999")),
            JSON.textNode(""),
            JSON.textNode("12"),
            JSON.textNode("-PT1S"),
            JSON.textNode("2026-01-31T09:30Z"),
            JSON.textNode("a\u0000b"),
            JSON.textNode("line\nbreak"),
            JSON.textNode("x".repeat(2001)),
            JSON.arrayNode(),
            JSON.arrayNode().add(JSON.objectNode()),
            JSON.objectNode(),
            JSON.objectNode().put("a", 1));

    private final OpenApi api = OpenApi.published();

    /**
     * @param field the member that was changed, as a path
     * @param valid whether the contract allows it
     */
    public record Case(Operation operation, String field, JsonNode body, boolean valid) {
        @Override
        public String toString() {
            return operation.id() + " " + field;
        }
    }

    public boolean hasBody(Operation operation) {
        return body(operation).exists();
    }

    /** All cases of an operation with a body. */
    public List<Case> of(Operation operation) {
        var schema = api.step(body(operation), "schema");
        var cases = new ArrayList<Case>();
        for (var path : members(schema)) {
            for (var value : VALUES) {
                var body = example(operation);
                if (put(body, path, value)) {
                    var field = String.join(".", path).replace(".[", "[");
                    var valid = api.validate(schema, body).isEmpty();
                    cases.add(new Case(operation, field, body, valid));
                }
            }
        }
        return cases;
    }

    private Place body(Operation operation) {
        return api.step(api.operation(operation), "requestBody", "content", "application/json");
    }

    /** The last one of the document, which is the fullest. */
    private JsonNode example(Operation operation) {
        var examples = body(operation).node().path("examples").elements();
        JsonNode last = JSON.objectNode();
        while (examples.hasNext()) {
            last = examples.next().path("value");
        }
        var example = last.deepCopy();
        if (example instanceof ObjectNode body) {
            body.remove("wait"); // nobody waits for a claim that may well be good
        }
        return example;
    }

    /** The paths of all members that the schema knows, {@code [0]} for the first item of an array. */
    private List<List<String>> members(Place schema) {
        var paths = new ArrayList<List<String>>();
        schema.node().path("properties").fieldNames().forEachRemaining(name -> {
            paths.add(List.of(name));
            below(api.step(schema, "properties", name)).forEach(path -> paths.add(joined(name, path)));
        });
        for (var one : api.elements(api.step(schema, "oneOf"))) {
            members(one).stream().filter(path -> !paths.contains(path)).forEach(paths::add);
        }
        return paths;
    }

    private Stream<List<String>> below(Place schema) {
        var items = api.step(schema, "items");
        return items.exists()
                ? Stream.concat(
                        Stream.of(List.of("[0]")), members(items).stream().map(path -> joined("[0]", path)))
                : members(schema).stream();
    }

    private static List<String> joined(String first, List<String> rest) {
        var path = new ArrayList<String>();
        path.add(first);
        path.addAll(rest);
        return path;
    }

    /** False if the example has no such place to put it. */
    private static boolean put(JsonNode body, List<String> path, JsonNode value) {
        var at = body;
        for (var step : path.subList(0, path.size() - 1)) {
            at = step.startsWith("[") ? at.path(0) : at.path(step);
        }
        var last = path.get(path.size() - 1);
        if (at instanceof ObjectNode object) {
            object.set(last, value);
            return true;
        }
        if (at instanceof ArrayNode array && !array.isEmpty()) {
            array.set(0, value);
            return true;
        }
        return false;
    }
}
