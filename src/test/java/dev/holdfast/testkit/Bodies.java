package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.testkit.OpenApi.Place;
import dev.holdfast.testkit.Operation.Fenced;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Request bodies that come from the document: its examples, and each of them with one {@linkplain Fault fault}. So a new
 * route is tested with them before anybody has thought of it.
 */
public final class Bodies {
    private static final OpenApi API = Contract.published().api();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Bodies() {}

    /**
     * A body with one fault.
     *
     * @param field what the problem must name; empty for the whole body, or the whole item
     * @param ofItem whether the batch is sound, and it is the item that the problem answers
     */
    public record Fault(String what, String field, JsonNode body, boolean ofItem) {
        @Override
        public String toString() {
            return what + (ofItem ? " in an item" : "");
        }
    }

    /**
     * The bodies that the document shows, with its times moved into the future; of a batch, each item by itself. None if
     * the operation takes no body.
     */
    public static List<ObjectNode> of(Operation operation) {
        var content = content(operation);
        var bodies = new ArrayList<ObjectNode>();
        API.step(content, "examples").node().fieldNames().forEachRemaining(name -> {
            ObjectNode body =
                    API.step(content, "examples", name, "value").node().deepCopy();
            if (isBatch(operation)) {
                var items = itemsOf(body);
                body.path(items)
                        .forEach(item -> bodies.add(JSON.objectNode()
                                .<ObjectNode>set(items, JSON.arrayNode().add(item))));
            } else {
                bodies.add(inTheFuture(API.step(content, "schema"), body));
            }
        });
        if (content.exists() && bodies.isEmpty()) {
            throw new AssertionError(operation + " shows no example of its body");
        }
        return bodies;
    }

    /** The same, of an operation that takes a fence, as this owner would say it about its run. */
    public static List<ObjectNode> of(Operation operation, Claimed owner) {
        var bodies = of(operation);
        for (var body : bodies) {
            if (operation.fenced() == Fenced.ITEMS) {
                body.path(itemsOf(body))
                        .forEach(item ->
                                ((ObjectNode) item).put("runId", owner.runId()).put("fence", owner.fence()));
            } else {
                body.put("fence", owner.fence());
            }
        }
        return bodies;
    }

    /** Whether each item of the body is answered by itself. */
    public static boolean isBatch(Operation operation) {
        var json = API.step(API.operation(operation), "responses", "200", "content", "application/json");
        return API.step(json, "schema", "properties", "items", "items").node().has("oneOf");
    }

    /** Whether the operation takes a body at all, and whether it insists. */
    public static boolean isTaken(Operation operation) {
        return content(operation).exists();
    }

    public static boolean isRequired(Operation operation) {
        return API.step(API.operation(operation), "requestBody", "required")
                .node()
                .asBoolean();
    }

    /** Bodies that each differ from a good one by one thing that the schema does not allow. */
    public static List<Fault> faults(Operation operation, ObjectNode good) {
        var schema = API.step(content(operation), "schema");
        if (!isBatch(operation)) {
            return new Faults(API, good).of(schema);
        }
        var items = itemsOf(good);
        var item = JsonPointer.empty().appendProperty(items).appendIndex(0);
        var faults = new ArrayList<>(new Faults(API, good).ofBatch(schema, items));
        faults.addAll(new Faults(API, good).ofItem(API.step(schema, "properties", items, "items"), item));
        return faults;
    }

    /** What the operation takes: its schema and its examples. */
    public static Place content(Operation operation) {
        return API.step(API.operation(operation), "requestBody", "content", "application/json");
    }

    private static String itemsOf(JsonNode batch) {
        return batch.properties().stream()
                .filter(member -> member.getValue().isArray())
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private static ObjectNode inTheFuture(Place schema, ObjectNode body) {
        for (var member : body.properties()) {
            if (API.step(schema, "properties", member.getKey(), "format")
                    .node()
                    .asText()
                    .equals("date-time")) {
                body.put(
                        member.getKey(), Instant.now().plus(Duration.ofHours(1)).toString());
            }
        }
        return body;
    }
}
