package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiTest {

    private HttpServer server;
    private Api api;
    private String answer;
    private String authorization;
    private String sent;

    @BeforeEach
    void aServerThatSaysWhatTheTestWants() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            sent = new String(exchange.getRequestBody().readAllBytes());
            authorization = exchange.getRequestHeaders().getFirst("Authorization");
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("X-Correlation-Id", "c-1");
            exchange.sendResponseHeaders(200, answer.length());
            exchange.getResponseBody().write(answer.getBytes());
            exchange.close();
        });
        server.start();
        api = Api.at(URI.create("http://localhost:" + server.getAddress().getPort()))
                .withKey("hft_1");
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void givesStatusHeadersAndJson() {
        answer = "{\"claims\": []}";
        var reply = api.claim("worker-1", "sync", 3).expect(200);
        assertThat(reply.json().path("claims")).isEmpty();
        assertThat(reply.header("x-correlation-id")).isEqualTo("c-1");
        assertThat(authorization).isEqualTo("Bearer hft_1");
        assertThat(sent).contains("\"workerId\":\"worker-1\"", "\"lanes\":[\"sync\"]", "\"max\":3");
    }

    @Test
    void failsThereAndThenOnAnUndocumentedAnswer() {
        answer = "{\"claims\": [], \"more\": true}";
        assertThatThrownBy(() -> api.claim("worker-1", "sync", 3))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("more");
        assertThat(api.unchecked().claim("worker-1", "sync", 3).status()).isEqualTo(200);
        assertThat(api.get("/health/ready").status()).isEqualTo(200);
    }

    @Test
    void sendsAStringAsItIsAndNoKeyIfTold() {
        answer = "{\"claims\": []}";
        api.withoutKey().post("/api/v1/claims?x=1", "{broken");
        assertThat(sent).isEqualTo("{broken");
        assertThat(authorization).isNull();
    }

    @Test
    void letsAllGoAtOnceAndKeepsTheOrder() {
        var allAreThere = new CyclicBarrier(20);
        var outcomes = Api.inParallel(20, i -> {
            try {
                allAreThere.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return i;
        });
        assertThat(outcomes).hasSize(20).isSorted();
    }

    @Test
    void showsABreachThatHappenedInParallel() {
        answer = "{}";
        assertThatThrownBy(() -> Api.inParallel(2, i -> api.claim("worker-" + i, "sync", 1)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("claims");
    }
}
