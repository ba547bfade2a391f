package dev.holdfast.platform.json;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** How ECMAScript, and so RFC 8785, writes a double: with as few digits as tell it from all others. */
final class Doubles {
    /** From so many digits before the point on, and so many zeros behind it, there is an exponent. */
    private static final int MOST_WHOLE = 21;

    private static final int LEAST_POINT = -6;

    private Doubles() {}

    /** Of the decimals that have the fewest digits and are read as this double, the nearest. @param number finite */
    static BigDecimal shortest(double number) {
        var exact = new BigDecimal(number);
        // Java's own text is read as the same double; before Java 19 it may have digits to spare.
        var best = new BigDecimal(Double.toString(number)).stripTrailingZeros();
        for (int digits = best.precision(); digits > 0; digits--) {
            var nearest = nearest(number, exact, digits);
            if (nearest == null) {
                break;
            }
            best = nearest.stripTrailingZeros();
        }
        return best;
    }

    /** Null if no decimal of so many digits is read as the number. */
    private static BigDecimal nearest(double number, BigDecimal exact, int digits) {
        var below = exact.round(new MathContext(digits, RoundingMode.DOWN));
        var above = exact.round(new MathContext(digits, RoundingMode.UP));
        boolean isBelow = below.doubleValue() == number;
        boolean isAbove = above.doubleValue() == number;
        if (isBelow && isAbove) {
            int order =
                    exact.subtract(below).abs().compareTo(above.subtract(exact).abs());
            return order < 0 || order == 0 && !below.unscaledValue().testBit(0) ? below : above;
        }
        return isBelow ? below : isAbove ? above : null;
    }

    /** ECMAScript's {@code Number::toString}. @param number finite */
    static String written(double number) {
        if (number == 0) {
            return "0";
        }
        var shortest = shortest(number);
        var digits = shortest.unscaledValue().abs().toString();
        int point = digits.length() - shortest.scale();
        return (number < 0 ? "-" : "") + placed(digits, point);
    }

    private static String placed(String digits, int point) {
        if (point > MOST_WHOLE || point <= LEAST_POINT) {
            var fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
            return digits.charAt(0) + fraction + "e" + (point > 0 ? "+" : "") + (point - 1);
        }
        if (point >= digits.length()) {
            return digits + "0".repeat(point - digits.length());
        }
        return point > 0
                ? digits.substring(0, point) + "." + digits.substring(point)
                : "0." + "0".repeat(-point) + digits;
    }
}
