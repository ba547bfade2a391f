package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;

/** Whatever bytes a body has, they are one document within the limits, or refused in words. */
class JsonFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void I10_readsWhatItWritesAndRefusesTheRest(byte[] body) {
        JsonNode tree;
        try {
            tree = Json.parse(body);
        } catch (MalformedJson refused) {
            assertThat(refused.getMessage()).isNotBlank();
            return;
        }
        var written = Json.write(tree);
        assertThat(Json.write(Json.parse(written.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(written);
        assertThat(Json.write(Json.stored(written))).isEqualTo(written);
        assertThat(Json.digest(tree)).hasSize(32);
    }
}
