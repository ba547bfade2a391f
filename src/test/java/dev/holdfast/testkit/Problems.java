package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.regex.Pattern;

/** What every refusal owes its caller, whoever refused: resource, authentication or container. */
public final class Problems {
    /** Nothing of what the server is made of. */
    private static final Pattern LEAK = Pattern.compile(
            "dev\\.holdfast|\\b(java|javax|jakarta|org|com)\\.[a-z]+\\.|Exception|\\bat [a-z]+\\.|SQL|RESTEASY|SRVE\\d|CWW|select |insert |\\$WSEP",
            Pattern.CASE_INSENSITIVE);

    private Problems() {}

    /** Asserts all members and headers, and that nothing leaks. @return the problem */
    public static JsonNode assertProblem(Wire.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
        assertThat(answer.header("Server")).isNull();
        assertThat(answer.header("X-Powered-By")).isNull();
        var problem = answer.json();
        assertThat(problem.path("type").asText()).isEqualTo("urn:holdfast:problem:" + code);
        assertThat(problem.path("code").asText()).isEqualTo(code);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("title").asText()).isNotBlank();
        assertThat(problem.path("detail").asText()).isNotBlank();
        assertThat(problem.path("instance").asText()).startsWith("/");
        assertThat(problem.path("correlationId").asText()).isNotBlank().isEqualTo(answer.header("X-Correlation-Id"));
        assertNoLeak(answer.body());
        return problem;
    }

    public static void assertNoLeak(String body) {
        assertThat(LEAK.matcher(body).results().map(match -> match.group()).toList())
                .as(body)
                .isEmpty();
    }
}
