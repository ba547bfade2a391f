package dev.holdfast.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.holdfast.platform.problem.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;

/** A cursor that nobody was given is refused, as a whole or when it is asked for what it does not have. */
class CursorFuzzTest {
    private static final List<Function<Cursor, Object>> QUESTIONS = List.of(
            cursor -> cursor.id(0),
            cursor -> cursor.text(0),
            cursor -> cursor.time(0),
            cursor -> cursor.id(1),
            cursor -> cursor.text(1),
            cursor -> cursor.time(1));

    @FuzzTest(maxDuration = "60s")
    void I10_anyTextIsACursorOrNone(byte[] bytes) {
        ask(new String(bytes, StandardCharsets.UTF_8));
        var encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        ask(encoded);
        if (!new String(bytes, StandardCharsets.UTF_8).matches("(?s).*[~\u0000\uFFFD].*")) {
            assertThat(Cursor.parse(encoded).text(0)).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    private static void ask(String text) {
        for (var question : QUESTIONS) {
            try {
                assertThat(question.apply(Cursor.parse(text))).isNotNull();
            } catch (InvalidRequest refused) {
                assertThat(refused.getMessage()).contains("cursor");
            }
        }
    }
}
