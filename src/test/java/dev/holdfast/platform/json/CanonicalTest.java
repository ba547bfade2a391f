package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalTest {
    /** RFC 8785, 3.2.2 and 3.2.4. */
    @Test
    void writesTheExampleOfTheRfcByteByByte() {
        var canonical = bytes("""
                {
                  "numbers": [333333333.33333329, 1E30, 4.50,
                              2e-3, 0.000000000000000000000000001],
                  "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
                  "literals": [null, true, false]
                }""");

        assertThat(HexFormat.ofDelimiter(" ").formatHex(canonical)).isEqualTo("""
                7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 \
                75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a \
                5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 \
                65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37 \
                5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 \
                30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d""");
    }

    /** RFC 8785, 3.2.3: by UTF-16 code units. */
    @Test
    void sortsTheExampleOfTheRfc() {
        var canonical = text("""
                {"\\u20ac": "Euro Sign", "\\r": "Carriage Return", "\\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
                 "\\ud83d\\ude00": "Emoji: Grinning Face", "\\u0080": "Control", "\\u00f6": "Latin Small Letter O With Diaeresis"}""");

        assertThat(canonical.replaceAll("\"[^\"]*\":\"([^\"]*)\"", "$1"))
                .isEqualTo(
                        "{Carriage Return,One,Control,Latin Small Letter O With Diaeresis,Euro Sign,Emoji: Grinning Face,Hebrew Letter Dalet With Dagesh}");
    }

    /** RFC 8785, appendix B. */
    @ParameterizedTest
    @CsvSource({
        "0000000000000000, 0",
        "8000000000000000, 0",
        "0000000000000001, 5e-324",
        "8000000000000001, -5e-324",
        "7fefffffffffffff, 1.7976931348623157e+308",
        "ffefffffffffffff, -1.7976931348623157e+308",
        "4340000000000000, 9007199254740992",
        "c340000000000000, -9007199254740992",
        "4430000000000000, 295147905179352830000",
        "44b52d02c7e14af5, 9.999999999999997e+22",
        "44b52d02c7e14af6, 1e+23",
        "44b52d02c7e14af7, 1.0000000000000001e+23",
        "444b1ae4d6e2ef4e, 999999999999999700000",
        "444b1ae4d6e2ef4f, 999999999999999900000",
        "444b1ae4d6e2ef50, 1e+21",
        "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
        "3eb0c6f7a0b5ed8d, 0.000001",
        "41b3de4355555553, 333333333.3333332",
        "41b3de4355555554, 333333333.33333325",
        "41b3de4355555555, 333333333.3333333",
        "41b3de4355555556, 333333333.3333334",
        "41b3de4355555557, 333333333.33333343",
        "becbf647612f3696, -0.0000033333333333333333",
        "43143ff3c1cb0959, 1424953923781206.2",
        // Not of the RFC: a subnormal, powers of two, and what other writers have got wrong
        "000000000c1069cd, 1e-315",
        "0000000078a42205, 1e-314",
        "000fffffffffffff, 2.225073858507201e-308",
        "0010000000000000, 2.2250738585072014e-308",
        "3d30000000000000, 5.684341886080802e-14",
        "3cb0000000000000, 2.220446049250313e-16",
        "4350000000000000, 18014398509481984",
        "3ff0000000000000, 1",
        "3fe0000000000001, 0.5000000000000001",
        "44d0000000000000, 3.022314549036573e+23"
    })
    void writesTheNumbersOfTheRfc(String bits, String written) {
        double number = Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16));

        assertThat(text(Double.toString(number))).isEqualTo(written);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"b\":1,\"a\":{\"d\":[],\"c\":{}}} | {\"a\":{\"c\":{},\"d\":[]},\"b\":1}",
                "  \"text\"  | \"text\"",
                "1.0 | 1",
                "true | true",
                "\"\\u0000\\u001f\\u007f\" | \"\\u0000\\u001f\u007f\""
            })
    void writesAnyValueNotObjectsAlone(String json, String written) {
        assertThat(text(json)).isEqualTo(written);
    }

    /** Any double, in the text that is read as it, and in none that is shorter. */
    @Test
    void writesADoubleSoThatItIsReadAgainAndNoShorterTextWouldBe() {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            double number = Double.longBitsToDouble(i % 2 == 0 ? random.nextLong() : random.nextLong() & ~(~0L << 52));
            if (Double.isFinite(number)) {
                var digits = Doubles.shortest(number);
                assertThat(Double.parseDouble(Doubles.written(number))).isEqualTo(number + 0.0);
                assertThat(digits.doubleValue()).isEqualTo(number + 0.0);
                assertThat(digits.precision())
                        .isLessThanOrEqualTo(new BigDecimal(Double.toString(number))
                                .stripTrailingZeros()
                                .precision());
            }
        }
    }

    @Test
    void anAbsentValueIsNull() {
        assertThat(Canonical.digest(null)).isEqualTo(Canonical.digest(Json.stored("null")));
        assertThat(HexFormat.of().formatHex(Canonical.digest(null)))
                .isEqualTo("74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "-0.0",
                "9007199254740993e0",
                "9007199254740992",
                "-9007199254740992",
                "1e30",
                "4.50",
                "333333333.33333329",
                "{\"a\":[0.1,{\"b\":\"9007199254740993\"}]}"
            })
    void carriesWhatIsTheSameNumberToADouble(String json) {
        assertThat(Canonical.carries(Json.stored(json))).isEqualTo(!json.contains("993e0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9007199254740993",
                "12345678901234567.89",
                "100000000000000000000001",
                "1e309",
                "1e-399",
                "[{\"a\":-9007199254740993}]"
            })
    void doesNotCarryWhatWouldBecomeAnother(String json) {
        assertThat(Canonical.carries(Json.stored(json))).isFalse();
    }

    private static byte[] bytes(String json) {
        return Canonical.utf8(Json.stored(json));
    }

    private static String text(String json) {
        return new String(bytes(json), StandardCharsets.UTF_8);
    }
}
