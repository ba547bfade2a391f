package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.testkit.Bodies.Fault;
import dev.holdfast.testkit.OpenApi.Place;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Puts one fault after another into a good body, wherever its schema forbids something. */
final class Faults {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final BigInteger BEYOND_LONG =
            BigInteger.valueOf(Long.MAX_VALUE).add(BigInteger.ONE);

    private final OpenApi api;
    private final ObjectNode good;
    private final List<Fault> found = new ArrayList<>();
    private boolean inItem;

    Faults(OpenApi api, ObjectNode good) {
        this.api = api;
        this.good = good;
    }

    List<Fault> of(Place schema) {
        wrongTypes(schema, JsonPointer.empty(), "");
        within(schema, JsonPointer.empty(), "");
        return found;
    }

    /** Around the items only. */
    List<Fault> ofBatch(Place schema, String items) {
        wrongTypes(schema, JsonPointer.empty(), "");
        members(schema, JsonPointer.empty(), "");
        bounds(api.step(schema, "properties", items), JsonPointer.empty().appendProperty(items), items);
        return found;
    }

    List<Fault> ofItem(Place schema, JsonPointer item) {
        inItem = true;
        wrongTypes(schema, item, "");
        within(schema, item, "");
        return found;
    }

    /** What can be wrong with a value that is there. */
    private void within(Place schema, JsonPointer at, String field) {
        var value = good.at(at);
        if (schema.node().has("oneOf")) {
            within(alternative(schema, value), at, field);
            return;
        }
        if (value.isObject()) {
            bounds(schema, at, field);
            members(schema, at, field);
            for (var property : api.step(schema, "properties").node().properties()) {
                if (value.has(property.getKey())) {
                    within(
                            api.step(schema, "properties", property.getKey()),
                            at.appendProperty(property.getKey()),
                            join(field, property.getKey()));
                }
            }
        } else if (value.isArray()) {
            bounds(schema, at, field);
            var element = api.step(schema, "items");
            wrongTypes(element, at.appendIndex(0), field + "[0]");
            within(element, at.appendIndex(0), field + "[0]");
        }
    }

    /** Unknown and missing members, and members of another type, whether they are there or not. */
    private void members(Place schema, JsonPointer at, String field) {
        var node = schema.node();
        var others = api.step(schema, "additionalProperties");
        if (others.node().isBoolean() && !others.node().asBoolean()) {
            put(at.appendProperty("surprise"), join(field, "surprise"), JSON.numberNode(1));
        } else if (others.node().isObject()) {
            wrongTypes(others, at.appendProperty("surprise"), join(field, "surprise"));
        }
        node.path("required").forEach(name -> {
            if (good.at(at).has(name.asText())) {
                changed("missing " + name.asText(), join(field, name.asText()), body -> ((ObjectNode) body.at(at))
                        .remove(name.asText()));
            }
        });
        for (var property : node.path("properties").properties()) {
            wrongTypes(
                    api.step(schema, "properties", property.getKey()),
                    at.appendProperty(property.getKey()),
                    join(field, property.getKey()));
        }
    }

    private void wrongTypes(Place schema, JsonPointer at, String field) {
        var type = schema.node().has("oneOf")
                ? "object"
                : schema.node().path("type").asText();
        switch (type) {
            case "object", "boolean" -> {
                put(at, field, JSON.textNode("true"));
                put(at, field, JSON.arrayNode());
            }
            case "array" -> put(at, field, JSON.objectNode());
            case "string" -> {
                put(at, field, JSON.numberNode(7));
                put(at, field, JSON.arrayNode().add("x"));
            }
            case "integer" -> {
                put(at, field, JSON.textNode("1"));
                put(at, field, JSON.numberNode(1.5));
                put(at, field, JSON.numberNode(BEYOND_LONG));
            }
            case "number" -> {
                put(at, field, JSON.textNode("1"));
                put(at, field, JSON.arrayNode());
            }
            case "" -> {} // any JSON
            default -> throw new AssertionError("no fault is known for type " + type + " of " + schema.at());
        }
        if (type.equals("string") || type.equals("integer")) {
            bounds(schema, at, field);
        }
    }

    /** Of the right type, but out of range. */
    private void bounds(Place schema, JsonPointer at, String field) {
        var node = schema.node();
        if (node.has("enum")) {
            put(at, field, JSON.textNode("none-of-these"));
        }
        if (node.has("format") && node.path("type").asText().equals("string")) {
            put(at, field, JSON.textNode("tomorrow"));
        }
        if (node.has("pattern")) {
            put(at, field, JSON.textNode("\u0001"));
        }
        if (node.path("minLength").asInt() > 0) {
            put(at, field, JSON.textNode(""));
        }
        if (node.has("maxLength")) {
            put(at, field, JSON.textNode("x".repeat(node.path("maxLength").asInt() + 1)));
        }
        if (node.has("minimum")) {
            put(at, field, JSON.numberNode(node.path("minimum").asLong() - 1));
        }
        if (node.has("maximum")) {
            put(at, field, JSON.numberNode(node.path("maximum").asLong() + 1));
        }
        if (node.path("minItems").asInt() > 0) {
            put(at, field, JSON.arrayNode());
        }
        if (node.has("maxItems") && good.at(at).isArray()) {
            put(at, field, copies(good.at(at).get(0), node.path("maxItems").asInt() + 1));
        }
        if (node.path("uniqueItems").asBoolean() && good.at(at).isArray()) {
            put(at, field, copies(good.at(at).get(0), 2));
        }
        if (node.has("propertyNames") && good.at(at).isObject()) {
            put(at.appendProperty("no name"), join(field, "no name"), JSON.textNode("x"));
        }
        if (node.has("maxProperties") && good.at(at).isObject()) {
            var many = JSON.objectNode();
            for (int i = 0; i <= node.path("maxProperties").asInt(); i++) {
                many.put("member" + i, "x");
            }
            put(at, field, many);
        }
    }

    private static ArrayNode copies(JsonNode element, int number) {
        var array = JSON.arrayNode();
        for (int i = 0; i < number; i++) {
            array.add(element);
        }
        return array;
    }

    /** The alternative that knows every member of the value. */
    private Place alternative(Place schema, JsonNode value) {
        return api.elements(api.step(schema, "oneOf")).stream()
                .filter(one -> value.properties().stream()
                        .allMatch(member -> one.node().path("properties").has(member.getKey())))
                .findFirst()
                .orElseThrow();
    }

    private void put(JsonPointer at, String field, JsonNode wrong) {
        var what = (field.isEmpty() ? "the whole" : field) + " is " + shortened(wrong);
        if (at.equals(JsonPointer.empty())) {
            found.add(new Fault(what, field, wrong, inItem));
            return;
        }
        changed(what, field, body -> {
            if (body.at(at.head()) instanceof ArrayNode array) {
                array.set(at.last().getMatchingIndex(), wrong);
            } else {
                ((ObjectNode) body.at(at.head())).set(at.last().getMatchingProperty(), wrong);
            }
        });
    }

    private void changed(String what, String field, Consumer<JsonNode> change) {
        var body = good.deepCopy();
        change.accept(body);
        found.add(new Fault(what, field, body, inItem));
    }

    private static String shortened(JsonNode value) {
        var text = value.toString();
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    private static String join(String field, String member) {
        return field.isEmpty() ? member : field + "." + member;
    }
}
