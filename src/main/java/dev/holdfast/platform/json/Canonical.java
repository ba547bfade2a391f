package dev.holdfast.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
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
