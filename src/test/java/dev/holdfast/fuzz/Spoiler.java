package dev.holdfast.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Makes good bodies bad, or strange: as JSON, as text and as bytes. */
final class Spoiler {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** Numbers that JSON has, Java's primitives have not, and Holdfast keeps to the digit. */
    static final List<String> FAIR_NUMBERS = List.of(
            "1E+2", "-0.0", "1e308", "4.9e-324", "0.1000000000000000000000000000001", "9".repeat(300), "1e-399");

    private static final List<String> UNFAIR_NUMBERS = List.of(
            "1e400",
            "-1e400",
            "1e-401",
            "0e99999",
            "1e999999999999",
            "01",
            "+1",
            ".5",
            "1.",
            "NaN",
            "-Infinity",
            "0x1f",
            "9".repeat(500),
            "-");

    private static final List<String> UNFAIR_TEXTS = List.of(
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\u00\"",
            "\"\\x\"",
            "\"\u0007\"",
            "'a'",
            "\"",
            "undefined",
            "tru",
            "{",
            "]");

    private static final List<Charset> OTHER_CHARSETS =
            List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, Charset.forName("UTF-32"));

    private final Chance chance;

    Spoiler(Chance chance) {
        this.chance = chance;
    }

    /** The body with one thing changed somewhere; JSON all the same. */
    JsonNode changed(JsonNode good) {
        var body = good.deepCopy();
        var containers = new ArrayList<JsonNode>();
        gather(body, containers);
        if (containers.isEmpty() || chance.percent(3)) {
            return strange();
        }
        var at = chance.of(containers);
        if (at instanceof ArrayNode array) {
            changeArray(array);
        } else {
            changeObject((ObjectNode) at);
        }
        return body;
    }

    /** The body as it goes out, perhaps no JSON any more. */
    Object written(JsonNode body) {
        var text = body.toString();
        int at = text.isEmpty() ? 0 : chance.below(text.length());
        return switch (chance.below(14)) {
            case 0 -> text.substring(0, at);
            case 1 -> text + chance.of(List.of(" x", "{}", ",", "\u0000", "]"));
            case 2 -> text.substring(0, at) + (char) chance.below(0x180) + text.substring(at + 1);
            case 3 -> text.substring(0, at) + text.substring(Math.min(text.length(), at + 1));
            case 4 -> twice(text);
            case 5, 6 -> inPlaceOfAValue(text, chance.of(UNFAIR_NUMBERS));
            case 7 -> inPlaceOfAValue(text, chance.of(UNFAIR_TEXTS));
            case 8 -> inPlaceOfAValue(text, deep(chance.of(List.of(99, 101, 1_000, 50_000))));
            case 9 -> inPlaceOfAValue(text, wide(chance.of(List.of(1_001, 15_000))));
            case 10 -> text.getBytes(chance.of(OTHER_CHARSETS));
            case 11 -> badByte(text.getBytes(StandardCharsets.UTF_8));
            case 12 -> "\uFEFF \r\n\t" + text + " ".repeat(chance.percent(10) ? 1 << 20 : 10);
            default -> "[" + text + "]";
        };
    }

    private void changeObject(ObjectNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        if (names.isEmpty() || chance.percent(15)) {
            object.set(chance.of(Words.ALL), strange());
            return;
        }
        var name = chance.of(names);
        if (name.equals("wait") || chance.percent(20)) {
            object.remove(name);
        } else {
            object.set(name, strange());
        }
    }

    private void changeArray(ArrayNode array) {
        if (array.isEmpty() || chance.percent(30)) {
            array.add(strange());
        } else if (chance.percent(3)) {
            var first = array.get(0);
            IntStream.range(0, 1_001).forEach(i -> array.add(first));
        } else {
            array.set(chance.below(array.size()), strange());
        }
    }

    private JsonNode strange() {
        return switch (chance.below(13)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.booleanNode(chance.percent(50));
            case 2 -> JSON.numberNode(chance.of(List.of(-1, 0, 1, 101, Integer.MAX_VALUE, Integer.MIN_VALUE)));
            case 3 -> JSON.numberNode(chance.of(List.of(Long.MAX_VALUE, Long.MIN_VALUE, 1L << 53, 1L << 32)));
            case 4 -> JSON.numberNode(BigInteger.TWO.pow(63 + chance.below(200)));
            case 5 -> JSON.numberNode(chance.of(List.of(1.5, -0.0, 1e308, 0.1)));
            case 6 -> JSON.arrayNode();
            case 7 -> JSON.objectNode();
            case 8 -> JSON.arrayNode().add(JSON.arrayNode().add(JSON.nullNode()));
            case 9 -> JSON.objectNode().put(chance.of(Words.ALL), 1);
            case 10 -> JSON.textNode("z".repeat(chance.of(List.of(1_001, 15_000))));
            default -> JSON.textNode(chance.of(Words.ALL));
        };
    }

    private static void gather(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode()) {
            containers.add(node);
            node.forEach(child -> gather(child, containers));
        }
    }

    /** With its first member once more. */
    private static String twice(String text) {
        int colon = text.indexOf("\":");
        return text.startsWith("{\"") && colon > 0
                ? "{" + text.substring(1, colon + 2) + "1," + text.substring(1)
                : text + text;
    }

    private String inPlaceOfAValue(String text, String value) {
        var colons = IntStream.range(0, text.length() - 1)
                .filter(i -> text.startsWith("\":", i))
                .boxed()
                .toList();
        if (colons.isEmpty()) {
            return value;
        }
        int from = chance.of(colons) + 2;
        int to = from;
        while (to < text.length() && ",}]".indexOf(text.charAt(to)) < 0) {
            to++;
        }
        return text.substring(0, from) + value + text.substring(to);
    }

    private byte[] badByte(byte[] utf8) {
        if (utf8.length > 0) {
            utf8[chance.below(utf8.length)] = (byte) (0x80 + chance.below(0x80));
        }
        return utf8;
    }

    private static String deep(int levels) {
        return "[".repeat(levels) + "]".repeat(levels);
    }

    private static String wide(int members) {
        var text = new StringBuilder("{");
        IntStream.range(0, members)
                .forEach(i ->
                        text.append(i == 0 ? "" : ",").append("\"m").append(i).append("\":1"));
        return text.append('}').toString();
    }
}
