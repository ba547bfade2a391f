package dev.holdfast.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.erdtman.jcs.JsonCanonicalizer;
import org.erdtman.jcs.NumberToJSON;

/** RFC 8785: one text for one JSON value, whoever wrote it and however, so that a digest of it is a digest of the value. */
public final class Canonical {
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
                && written(number.doubleValue()).compareTo(number) == 0;
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

    static byte[] utf8(JsonNode value) {
        try {
            var text =
                    new JsonCanonicalizer("[" + (value == null ? "null" : Json.write(value)) + "]").getEncodedString();
            return text.substring(1, text.length() - 1).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("a parsed document is not JSON", e);
        }
    }

    private static boolean carries(BigDecimal number) {
        double nearest = number.doubleValue();
        if (Double.isInfinite(nearest) || nearest == 0 && number.signum() != 0) {
            return false;
        }
        boolean whole = number.stripTrailingZeros().scale() <= 0;
        return !whole && number.precision() <= DIGITS_OF_DOUBLE
                || written(nearest).compareTo(number) == 0;
    }

    private static BigDecimal written(double number) {
        try {
            return new BigDecimal(NumberToJSON.serializeNumber(number));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
