package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.f4b6a3.uuid.UuidCreator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFormatTest {
    private static final UUID RUN = UUID.fromString("01978c2e-5b7a-7c3e-9a41-3f6d2b8e1c55");
    private static final String SECRET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg";

    static Stream<String> keysOfEachKind() {
        return Stream.of(
                KeyFormat.issue(KeyFormat.TENANT),
                KeyFormat.issue(KeyFormat.SYSTEM),
                KeyFormat.runKey(UuidCreator.getTimeOrderedEpoch(), KeyFormat.secret()));
    }

    @ParameterizedTest
    @MethodSource("keysOfEachKind")
    void acceptsWhatItIssues(String key) {
        assertThat(key).matches("(hf[ts]_[0-9A-Za-z]{49})|(hfr_[0-9a-f]{32}[0-9A-Za-z]{49})");
        assertThat(KeyFormat.plausible(key)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("keysOfEachKind")
    void refusesAKeyWithOneCharacterChangedWhereverItIs(String key) {
        for (int place = 4; place < key.length(); place++) {
            for (char other : new char[] {'0', '1', 'A', 'a', 'f', 'z', '-'}) {
                if (other != key.charAt(place)) {
                    var changed = key.substring(0, place) + other + key.substring(place + 1);
                    assertThat(KeyFormat.plausible(changed)).as(changed).isFalse();
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("keysOfEachKind")
    void refusesAKeyThatWasCutOrGrew(String key) {
        assertThat(IntStream.range(4, key.length()).mapToObj(length -> key.substring(0, length)))
                .noneMatch(KeyFormat::plausible);
        assertThat(Stream.of(key + "0", key + " ", key + key)).noneMatch(KeyFormat::plausible);
    }

    @ParameterizedTest
    @MethodSource("keysOfEachKind")
    void refusesAKeyUnderThePrefixOfAnotherKind(String key) {
        assertThat(Stream.of("hft_", "hfs_", "hfr_").filter(prefix -> !key.startsWith(prefix)))
                .noneMatch(prefix -> KeyFormat.plausible(prefix + key.substring(4)));
    }

    @Test
    void refusesTwoCharactersThatChangedPlaces() {
        var key = KeyFormat.runKey(RUN, SECRET);
        for (int place = 4; place + 1 < key.length(); place++) {
            if (key.charAt(place) != key.charAt(place + 1)) {
                var swapped =
                        key.substring(0, place) + key.charAt(place + 1) + key.charAt(place) + key.substring(place + 2);
                assertThat(KeyFormat.plausible(swapped)).as(swapped).isFalse();
            }
        }
    }

    /** Keys are kept by their holders for years: another reading of the same text would lock them all out. */
    @Test
    void keepsItsFormForEver() {
        var key = KeyFormat.runKey(RUN, SECRET);

        assertThat(key).isEqualTo("hfr_01978c2e5b7a7c3e9a413f6d2b8e1c55" + SECRET + "3qi5PT");
        assertThat(HexFormat.of().formatHex(KeyFormat.hashOfSecret(SECRET)))
                .isEqualTo("71d84b1859bad11abcb3dfd9353c8d1873aafd883ffaf6f2c9df7cbcfc3e1850");
        assertThat(HexFormat.of().formatHex(KeyFormat.hash("hft_x")))
                .isEqualTo("8a40aef4684ec8b18ce6dce1b6b9141c7e7dc28ea978a6604c945ca678698e34");
    }

    @Test
    void carriesTheRunAndTheSecretThereAndBack() {
        IntStream.range(0, 200).forEach(i -> {
            var run = i == 0 ? new UUID(-1, -1) : i == 1 ? new UUID(0, 0) : UUID.randomUUID();
            var secret = KeyFormat.secret();
            var key = KeyFormat.runKey(run, secret);

            assertThat(KeyFormat.plausible(key)).isTrue();
            assertThat(KeyFormat.isRunKey(key)).isTrue();
            assertThat(KeyFormat.runOf(key)).isEqualTo(run);
            assertThat(KeyFormat.secretOf(key)).isEqualTo(secret);
        });
    }

    @Test
    void takesARunIdInOneFormOnly() {
        var id = "01978C2E5B7A7C3E9A413F6D2B8E1C55";
        assertThat(KeyFormat.plausible(sealedRunKey(id.toLowerCase()))).isTrue();
        assertThat(KeyFormat.plausible(sealedRunKey(id))).isFalse();
        assertThat(KeyFormat.plausible(sealedRunKey("g" + id.toLowerCase().substring(1))))
                .isFalse();
    }

    @Test
    void storesAHashThatTheSecretAloneMakes() {
        assertThat(KeyFormat.hashOfSecret(SECRET))
                .hasSize(32)
                .isEqualTo(KeyFormat.hashOfSecret(KeyFormat.secretOf(KeyFormat.runKey(RUN, SECRET))))
                .isNotEqualTo(KeyFormat.hashOfSecret(KeyFormat.secret()));
    }

    @Test
    void neverIssuesTheSameKeyTwice() {
        assertThat(Stream.generate(() -> KeyFormat.issue(KeyFormat.TENANT)).limit(1000))
                .doesNotHaveDuplicates();
        assertThat(Stream.generate(KeyFormat::secret).limit(1000))
                .doesNotHaveDuplicates()
                .allMatch(secret -> secret.length() == 43);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "the-key-that-an-administrator-chose",
                "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
                "hfx_0123456789012345678901234567890"
            })
    void acceptsAKeyThatAnAdministratorChose(String key) {
        assertThat(KeyFormat.plausible(key)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "hf",
                "hft_",
                "hfr_",
                "only-thirty-one-characters-long",
                "with a blank in it, and long enough",
                "with-a-letter-beyond-ascii-in-it-ü-",
                "hft_it-begins-like-one-of-our-own-making-but-is-none"
            })
    void refusesWhatCannotBeAKey(String text) {
        assertThat(KeyFormat.plausible(text)).isFalse();
    }

    @Test
    void boundsAChosenKeyByItsLength() {
        assertThat(KeyFormat.plausible("k".repeat(32))).isTrue();
        assertThat(KeyFormat.plausible("k".repeat(200))).isTrue();
        assertThat(KeyFormat.plausible("k".repeat(201))).isFalse();
    }

    @Test
    void showsLittleOfAKey() {
        assertThat(KeyFormat.prefix(KeyFormat.issue(KeyFormat.TENANT))).matches("hft_[0-9A-Za-z]{6}");
        assertThat(KeyFormat.prefix("the-key-that-an-administrator-chose")).isEqualTo("the-");
    }

    /** The expression that the documentation gives to those who look for keys where none should be. */
    @Test
    void aScannerForSecretsFindsKeysAndNothingElse() throws IOException {
        var documented = Pattern.compile("(?m)^\\\\b.*hf.*\\\\b$")
                .matcher(Files.readString(Path.of("src/site/markdown/security.md")));
        assertThat(documented.find()).as("the expression, on a line of its own").isTrue();
        var scanner = Pattern.compile(documented.group());

        for (var key : Stream.generate(KeyFormatTest::keysOfEachKind)
                .limit(100)
                .flatMap(keys -> keys)
                .toList()) {
            for (var text : List.of(key, "Bearer " + key, "\"" + key + "\"", "key=" + key + "&x", "a\n" + key + ".")) {
                var found = scanner.matcher(text);
                assertThat(found.find()).as(text).isTrue();
                assertThat(found.group()).isEqualTo(key);
            }
            var rest = key.substring(4);
            assertThat(Stream.of(
                            key.substring(0, key.length() - 1),
                            key + "x",
                            "x" + key,
                            "hfx_" + rest,
                            "HFT_" + rest,
                            "hft-" + rest,
                            rest,
                            key.substring(0, 20) + " " + key.substring(20),
                            key.substring(0, 20) + "-" + key.substring(21)))
                    .noneMatch(text -> scanner.matcher(text).find());
        }
        var runKey = KeyFormat.runKey(RUN, SECRET);
        assertThat(Stream.of(
                        runKey.replace("hfr_0", "hfr_g"), runKey.replace("hfr_", "hft_"), "hfr_" + SECRET + "3qi5PT"))
                .noneMatch(text -> scanner.matcher(text).find());
    }

    /** A key whose checksum is right whatever the rest is. */
    private static String sealedRunKey(String id) {
        var body = KeyFormat.RUN + id + SECRET;
        var crc = new java.util.zip.CRC32();
        crc.update(body.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        var checksum = new StringBuilder();
        for (long rest = crc.getValue(), i = 0; i < 6; rest /= 62, i++) {
            checksum.insert(
                    0, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".charAt((int) (rest % 62)));
        }
        return body + checksum;
    }
}
