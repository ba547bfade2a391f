package dev.holdfast.fuzz;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.testkit.Bodies;
import dev.holdfast.testkit.Claimed;
import dev.holdfast.testkit.Contract;
import dev.holdfast.testkit.OpenApi;
import dev.holdfast.testkit.OpenApi.Place;
import dev.holdfast.testkit.Operation;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Makes up what the document allows, out of earlier replies where it can. */
final class Inventor {
    private static final OpenApi API = Contract.published().api();
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int TRIES = 50;

    /** Nobody waits long for a claim. */
    private static final List<String> WAITS = List.of("PT0S", "PT0.02S");

    private static final Map<JsonPointer, List<String>> GOOD_WORDS = new ConcurrentHashMap<>();

    private final Chance chance;
    private final Memory memory;
    private String collection = "";
    private Claimed claim;

    Inventor(Chance chance, Memory memory) {
        this.chance = chance;
        this.memory = memory;
    }

    /**
     * A body of the operation that its schema allows.
     *
     * @param collection what its address is about
     * @param claim whose fence it carries, if it carries one; null for any
     */
    JsonNode body(Operation operation, String collection, Claimed claim) {
        this.collection = collection;
        this.claim = claim;
        var schema = API.step(Bodies.content(operation), "schema");
        for (int i = 0; i < TRIES; i++) {
            var body = value(schema, "");
            if (API.validate(schema, body).isEmpty()) {
                return body;
            }
        }
        throw new AssertionError("cannot invent a body of " + operation + " that its schema allows");
    }

    /** A value of a parameter, as it would stand in JSON. */
    JsonNode parameter(Place parameter, String collection) {
        this.collection = collection;
        return value(
                API.step(parameter, "schema"), parameter.node().path("name").asText());
    }

    private JsonNode value(Place schema, String name) {
        var node = schema.node();
        if (node.has("enum")) {
            return node.path("enum").get(chance.below(node.path("enum").size()));
        }
        if (node.has("oneOf")) {
            return value(chance.of(API.elements(API.step(schema, "oneOf"))), name);
        }
        if (node.has("allOf")) {
            var object = object(schema);
            API.elements(API.step(schema, "allOf")).forEach(part -> object.setAll((ObjectNode) value(part, name)));
            return object;
        }
        return switch (node.path("type").asText()) {
            case "object" -> object(schema);
            case "array" -> array(schema, name);
            case "integer" -> JSON.numberNode(integer(node, name));
            case "number" -> JSON.numberNode(BigDecimal.valueOf(chance.between(100, 10_000), 2));
            case "boolean" -> JSON.booleanNode(chance.percent(50));
            case "string" -> JSON.textNode(text(schema, name));
            case "" -> anything(4);
            default -> throw new AssertionError("no value is known for the type of " + schema.at());
        };
    }

    private ObjectNode object(Place schema) {
        var object = JSON.objectNode();
        var required = schema.node().path("required").toString();
        var often = chance.percent(20) ? 90 : 20;
        var before = claim;
        if (schema.node().path("properties").has("runId")) {
            claim = memory.claim().orElse(null);
        }
        schema.node().path("properties").properties().forEach(property -> {
            var name = property.getKey();
            if (required.contains('"' + name + '"') || chance.percent(often)) {
                object.set(name, value(API.step(schema, "properties", name), name));
            }
        });
        claim = before;
        var others = API.step(schema, "additionalProperties");
        for (int i = chance.below(3); i > 0 && !others.node().isBoolean(); i--) {
            object.set("a" + i, others.exists() ? value(others, "") : anything(3));
        }
        return object;
    }

    private JsonNode array(Place schema, String name) {
        var array = JSON.arrayNode();
        var most = schema.node().path("maxItems").asInt(3);
        for (int i = chance.below(500) == 0 ? most : 1 + chance.below(Math.min(most, 3)); i > 0; i--) {
            array.add(value(API.step(schema, "items"), name));
        }
        return array;
    }

    private long integer(JsonNode schema, String name) {
        if (name.equals("fence") && claim != null) {
            return chance.percent(90) ? claim.fence() : Math.max(0, claim.fence() - 1 + chance.below(3));
        }
        if (name.equals("limit") && chance.percent(80)) {
            return 1 + chance.below(5); // what is listed has been seen before
        }
        var least = schema.path("minimum").asLong(0);
        var most = schema.path("maximum").asLong(Long.MAX_VALUE);
        return switch (chance.below(4)) {
            case 0 -> least;
            case 1 -> most;
            case 2 -> chance.between(least, most);
            default -> Math.min(most, least + chance.below(4));
        };
    }

    private String text(Place schema, String name) {
        if (name.equals("wait")) {
            return chance.of(WAITS);
        }
        if (name.startsWith("lane")) {
            return chance.of(Words.LANES);
        }
        if (name.equals("runId") && claim != null) {
            return claim.runId();
        }
        if (schema.node().path("format").asText().equals("date-time") && chance.percent(60)) {
            return Instant.now()
                    .plus(Duration.ofMillis(chance.between(1, 20_000)))
                    .toString();
        }
        var told = memory.valueOf(collection, name);
        if (chance.percent(80)
                && told.isPresent()
                && API.validate(schema, TextNode.valueOf(told.get())).isEmpty()) {
            return told.get();
        }
        if (schema.node().path("format").asText().equals("uuid")) {
            return chance.id().toString();
        }
        return chance.of(goodWords(schema));
    }

    private static List<String> goodWords(Place schema) {
        var good = GOOD_WORDS.computeIfAbsent(schema.at(), at -> Words.ALL.stream()
                .filter(word -> API.validate(schema, TextNode.valueOf(word)).isEmpty())
                .toList());
        if (good.isEmpty()) {
            throw new AssertionError("none of the Words is good for " + schema.at() + ": add some");
        }
        return good;
    }

    private JsonNode anything(int depth) {
        return switch (chance.below(depth == 0 ? 5 : 7)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.booleanNode(chance.percent(50));
            case 2 -> JSON.numberNode(chance.between(Long.MIN_VALUE, Long.MAX_VALUE));
            case 3 -> JSON.numberNode(new BigDecimal(chance.of(Spoiler.FAIR_NUMBERS)));
            case 4 -> JSON.textNode(chance.of(Words.ALL));
            case 5 -> JSON.arrayNode().add(anything(depth - 1)).add(anything(depth - 1));
            default ->
                JSON.objectNode()
                        .<ObjectNode>set(chance.of(Words.ALL), anything(depth - 1))
                        .set("b", anything(depth - 1));
        };
    }
}
