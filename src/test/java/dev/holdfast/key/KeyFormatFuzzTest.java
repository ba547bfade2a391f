package dev.holdfast.key;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/** Whatever is sent for a key can be one or cannot, and of one that can each part is found. */
class KeyFormatFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void H12_anyTextIsAKeyOrNone(byte[] bytes) {
        var text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (var key : List.of(text, "hft_" + text, "hfs_" + text, "hfr_" + text)) {
            if (KeyFormat.plausible(key)) {
                assertThat(KeyFormat.prefix(key)).hasSizeBetween(4, 10);
                assertThat(key.length()).isLessThanOrEqualTo(KeyFormat.LONGEST);
                assertThat(key).matches("[\\x21-\\x7e]+");
                if (KeyFormat.isRunKey(key)) {
                    assertThat(KeyFormat.runKey(KeyFormat.runOf(key), KeyFormat.secretOf(key)))
                            .isEqualTo(key);
                }
            }
        }
        var digits = HexFormat.of().formatHex(bytes);
        if (digits.length() >= 43) {
            var id = UUID.nameUUIDFromBytes(bytes);
            assertThat(KeyFormat.plausible(KeyFormat.runKey(id, digits.substring(0, 43))))
                    .isTrue();
        }
    }
}
