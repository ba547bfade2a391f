package dev.holdfast.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.TreeMap;

/** RFC 8785: one text for one JSON value, whoever wrote it and however, so that a digest of it is a digest of the value. */
public final class Canonical {
    /** What is wrong with a value that it does not {@linkplain #carries carry}. */
    public static final String NUMBERS = "must hold no number that a double cannot; send it as a string";

    /** So many digits tell any double from any other. */
    private static final int DIGITS_OF_DOUBLE = 17;

    private Canonical() {}

    /**
     * SHA-256 of whatever value there is: a number that is none to RFC 8785, or that it could not tell from another, stands
     * there as a text of its digits.
     */
    public static byte[] exactDigest(JsonNode value) {
        return digest(exact(value));
    }

    private static JsonNode exact(JsonNode value) {
        if (value instanceof ObjectNode object) {
            var copy = object.objectNode();
            object.properties().forEach(member -> copy.set(member.getKey(), exact(member.getValue())));
            return copy;
        }
        if (value instanceof ArrayNode array) {
            var copy = array.arrayNode();
            array.forEach(item -> copy.add(exact(item)));
            return copy;
        }
        return !value.isNumber() || isDouble(value.decimalValue())
                ? value
                : TextNode.valueOf(value.decimalValue().stripTrailingZeros().toString());
    }

    private static boolean isDouble(BigDecimal number) {
        return !Double.isInfinite(number.doubleValue())
                && Doubles.shortest(number.doubleValue()).compareTo(number) == 0;
    }

    /** SHA-256 of the value; one that is absent counts as {@code null}. */
    public static byte[] digest(JsonNode value) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(utf8(value));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Whether each number in the value is one to RFC 8785 too, which knows doubles only. One that is not would have the
     * digest of a neighbour: 9007199254740993 that of 9007199254740992.
     */
    public static boolean carries(JsonNode value) {
        if (value == null) {
            return true;
        }
        return value.isNumber()
                ? carries(value.decimalValue())
                : value.valueStream().allMatch(Canonical::carries);
    }

    /** @param value without numbers that no double comes near to */
    static byte[] utf8(JsonNode value) {
        var text = new StringBuilder();
        write(value == null ? NullNode.getInstance() : value, text);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonNode value, StringBuilder text) {
        if (value.isObject()) {
            text.append('{');
            var members = new TreeMap<String, JsonNode>(); // by UTF-16 code units, as Java compares
            value.properties().forEach(member -> members.put(member.getKey(), member.getValue()));
            members.forEach((name, member) -> {
                quote(name, text.append(text.charAt(text.length() - 1) == '{' ? "" : ","));
                write(member, text.append(':'));
            });
            text.append('}');
        } else if (value.isArray()) {
            text.append('[');
            for (int i = 0; i < value.size(); i++) {
                write(value.get(i), text.append(i == 0 ? "" : ","));
            }
            text.append(']');
        } else if (value.isTextual()) {
            quote(value.textValue(), text);
        } else {
            text.append(value.isNumber() ? Doubles.written(value.doubleValue()) : value.asText());
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (char c : text.toCharArray()) {
            int escaped = "\b\t\n\f\r\"\\".indexOf(c);
            if (escaped >= 0) {
                out.append('\\').append("btnfr\"\\".charAt(escaped));
            } else if (c < ' ') {
                out.append("\\u%04x".formatted((int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }

    private static boolean carries(BigDecimal number) {
        double nearest = number.doubleValue();
        if (Double.isInfinite(nearest) || nearest == 0 && number.signum() != 0) {
            return false;
        }
        boolean whole = number.stripTrailingZeros().scale() <= 0;
        return !whole && number.precision() <= DIGITS_OF_DOUBLE
                || Doubles.shortest(nearest).compareTo(number) == 0;
    }
}
