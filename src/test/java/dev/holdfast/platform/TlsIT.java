package dev.holdfast.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.GuardedNode;
import dev.holdfast.testkit.Wire;
import dev.holdfast.testkit.Wire.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that serves HTTPS as the packaged sample has it: what every reply says, whoever gives it. */
class TlsIT {
    private static final String RUNS = "/api/v1/runs";
    private static final String HSTS = "Strict-Transport-Security";
    private static final int HANDSHAKE = 22;

    static Stream<Arguments> requests() {
        return Stream.of(
                arguments(200, authorized("GET", RUNS + "?limit=1")),
                arguments(401, Wire.request("GET", RUNS)),
                arguments(404, authorized("GET", RUNS + "/none")),
                arguments(404, Wire.request("GET", "/none")),
                arguments(400, authorized("GET", RUNS + "?limit=%zz")),
                arguments(405, authorized("DELETE", RUNS)),
                arguments(405, authorized("TRACE", RUNS)),
                arguments(403, Wire.request("TRACE", "/")),
                arguments(
                        413,
                        authorized("POST", RUNS)
                                .header("Content-Type", "application/json")
                                .header("Content-Length", "2000000")),
                arguments(
                        415,
                        authorized("POST", RUNS)
                                .header("Content-Type", "text/plain")
                                .body(new byte[] {'x'})),
                arguments(200, Wire.request("GET", "/health")),
                arguments(404, Wire.request("GET", "/health/none")),
                arguments(200, Wire.request("GET", "/metrics")),
                arguments(200, Wire.request("GET", "/openapi")),
                arguments(200, Wire.request("GET", "/openapi/ui/")));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void everyReplyForbidsSniffingAndCachingAndPlainHttpAndHidesWhatServesIt(int status, Wire.Request request) {
        var answer = GuardedNode.exchange(request);

        assertThat(answer.status()).isEqualTo(status);
        assertSaysNoMoreThanItMust(answer);
        assertThat(answer.header(HSTS)).isEqualTo("max-age=31536000");
    }

    /** Refused by Liberty before any application is asked. */
    @ParameterizedTest
    @CsvSource({"1, 17000", "120, 10"})
    void whatHasTooLongOrTooManyHeadersIs400WithoutAWord(int number, int length) {
        var request = authorized("GET", RUNS + "?limit=1");
        for (int i = 0; i < number; i++) {
            request.header("X-Filling-" + i, "a".repeat(length));
        }
        var answer = GuardedNode.exchange(request);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).isEmpty();
        assertSaysNoMoreThanItMust(answer);
    }

    @Test
    void anAddressThatCannotBeDecodedIs400InLibertysWords() {
        var answer = GuardedNode.exchange(authorized("GET", RUNS + "/%zz"));

        assertThat(answer.status()).isEqualTo(400);
        assertSaysNoMoreThanItMust(answer);
    }

    @Test
    void overPlainHttpNothingIsSaidOfTlsWhateverTheCallerSaysOfItself() {
        var answer = Wire.exchange(
                GuardedNode.server().uri(),
                authorized("GET", RUNS + "?limit=1")
                        .header("X-Forwarded-Proto", "https")
                        .header("$WSSC", "https"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header(HSTS)).isNull();
        assertSaysNoMoreThanItMust(answer);
    }

    @Test
    void noPageOfAnotherSiteIsToldTheMetrics() {
        var answer =
                GuardedNode.exchange(Wire.request("GET", "/metrics").header("Origin", "https://elsewhere.example"));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.headers().keySet())
                .noneMatch(name -> name.toLowerCase().startsWith("access-control-"));
    }

    /** By a handshake of our own making: Java itself would not even ask for an old one. */
    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "3, true"})
    void tlsIsSpokenFrom12On(int minor, boolean spoken) throws IOException {
        try (var socket = new Socket("localhost", GuardedNode.server().httpsPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(clientHello(minor));

            assertThat(socket.getInputStream().read() == HANDSHAKE).isEqualTo(spoken);
        }
    }

    private static byte[] clientHello(int minor) {
        byte[] suites = {(byte) 0xC0, 0x2B, (byte) 0xC0, 0x2C, (byte) 0xC0, 0x09, (byte) 0xC0, 0x0A}; // ECDHE_ECDSA
        byte[] extensions = {
            0,
            10,
            0,
            4,
            0,
            2,
            0,
            23, // group secp256r1
            0,
            11,
            0,
            2,
            1,
            0, // points uncompressed
            0,
            13,
            0,
            6,
            0,
            4,
            4,
            3,
            5,
            3 // ECDSA with SHA-256, SHA-384
        };
        int body = 2 + 32 + 1 + 2 + suites.length + 2 + 2 + extensions.length;
        return ByteBuffer.allocate(9 + body)
                .put(new byte[] {22, 3, 1})
                .putShort((short) (4 + body))
                .putInt(1 << 24 | body)
                .put(new byte[] {3, (byte) minor})
                .put(new byte[32 + 1])
                .putShort((short) suites.length)
                .put(suites)
                .put(new byte[] {1, 0})
                .putShort((short) extensions.length)
                .put(extensions)
                .array();
    }

    private static void assertSaysNoMoreThanItMust(Answer answer) {
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(answer.header("Cache-Control")).startsWith("no-");
        assertThat(answer.headers()).doesNotContainKeys("Server", "X-Powered-By", "$WSEP");
        if (answer.status() >= 400) {
            assertThat(answer.body()).doesNotContain("Liberty", "WebSphere", "26.0");
        }
    }

    private static Wire.Request authorized(String method, String target) {
        return Wire.request(method, target).header("Authorization", "Bearer " + Cluster.BOOTSTRAP_KEY);
    }
}
