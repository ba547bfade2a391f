package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.holdfast.platform.Network;
import dev.holdfast.testkit.KeyStores;
import dev.holdfast.webhook.Attempt.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One message over real sockets: 127.0.0.2 is where it may go, 127.0.0.1 is where it must not. */
class SenderTest {
    private static final String GOOD = "127.0.0.2";
    private static final String INSIDE = "127.0.0.1";

    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final List<HttpServer> servers = new ArrayList<>();
    private final List<String> asked = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private final CountDownLatch done = new CountDownLatch(1);

    @AfterEach
    void close() {
        done.countDown();
        servers.forEach(server -> server.stop(0));
        timer.shutdownNow();
    }

    /** The name leads to the receiver when it is checked, and inside from then on. */
    @Test
    void aNameThatIsReboundBetweenCheckAndConnectLeadsWhereItWasChecked() throws Exception {
        int port = serve(GOOD, 0, 204, "");
        serve(INSIDE, port, 204, "");
        var sender = sender(SSLContext.getDefault(), GOOD, INSIDE);

        var first = sender.send("http://hooks.test:" + port + "/in", Map.of("webhook-id", "1"), "{}");
        assertThat(first.outcome()).isEqualTo(Outcome.DELIVERED);
        assertThat(requests).containsExactly(GOOD + " POST /in hooks.test:" + port + " {}");
        assertThat(asked).hasSize(1);

        var second = sender.send("http://hooks.test:" + port + "/in", Map.of(), "{}");
        assertThat(second.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(second.error()).doesNotContain(INSIDE);
        assertThat(requests).hasSize(1);
    }

    @Test
    void aRedirectIsNotFollowed() throws Exception {
        int inside = serve(INSIDE, 0, 204, "");
        int port = serve(GOOD, 0, 307, "http://" + INSIDE + ":" + inside + "/");

        var attempt = sender(SSLContext.getDefault(), GOOD).send("http://hooks.test:" + port + "/", Map.of(), "{}");
        assertThat(attempt.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(attempt.status()).isEqualTo(307);
        assertThat(requests).hasSize(1);
    }

    @Test
    void ofAnAnswerOnlyTheFirstCharactersAreKept() throws Exception {
        int port = serve(GOOD, 0, 500, "x\u0000\n" + "no ".repeat(100_000));

        var attempt = sender(SSLContext.getDefault(), GOOD).send("http://hooks.test:" + port + "/", Map.of(), "{}");
        assertThat(attempt.error()).startsWith("x no no").hasSizeLessThanOrEqualTo(200);
        assertThat(attempt.retryAfter()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void aReceiverThatTalksForEverIsCutOff() throws Exception {
        int port = serve(GOOD, 0, -1, "");

        var attempt = sender(SSLContext.getDefault(), GOOD).send("http://hooks.test:" + port + "/", Map.of(), "{}");
        assertThat(attempt.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(attempt.error()).isEqualTo("There was no answer in time.");
    }

    @Test
    void theCertificateIsThatOfTheNameAndOfWhomJavaTrusts(@TempDir Path directory) throws Exception {
        var store = KeyStores.made(directory.resolve("key.p12"), "password");
        var server = HttpsServer.create(new InetSocketAddress(GOOD, 0), 10);
        server.setHttpsConfigurator(new HttpsConfigurator(KeyStores.having(store, "password")));
        int port = serve(server, 204, "");
        var trusting = KeyStores.trusting(store, "password");

        assertThat(sender(trusting, GOOD)
                        .send("https://localhost:" + port + "/", Map.of(), "{}")
                        .outcome())
                .isEqualTo(Outcome.DELIVERED);
        for (var wrong : List.of(
                sender(trusting, GOOD).send("https://hooks.test:" + port + "/", Map.of(), "{}"),
                sender(SSLContext.getDefault(), GOOD).send("https://localhost:" + port + "/", Map.of(), "{}"))) {
            assertThat(wrong.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(wrong.error()).contains("certificate");
        }
        assertThat(requests).hasSize(1);
    }

    @Test
    void nobodyThereIsAFailure() throws Exception {
        int port = serve(GOOD, 0, 204, "");
        servers.get(0).stop(0);

        assertThat(sender(SSLContext.getDefault(), GOOD)
                        .send("http://hooks.test:" + port + "/", Map.of(), "{}")
                        .error())
                .isEqualTo("The connection was refused.");
    }

    /** @param addresses what the name leads to, one after the other, and the last from then on */
    private Sender sender(SSLContext trust, String... addresses) {
        Queue<String> answers = new ArrayDeque<>(Arrays.asList(addresses));
        var gate = new Gate(Network.all(GOOD), host -> {
            asked.add(host);
            return new InetAddress[] {address(answers.size() > 1 ? answers.remove() : answers.peek())};
        });
        var sender = new Sender(gate, trust, Duration.ofSeconds(2));
        sender.timer = timer;
        sender.open();
        return sender;
    }

    private int serve(String address, int port, int status, String answer) throws IOException {
        return serve(HttpServer.create(new InetSocketAddress(address, port), 10), status, answer);
    }

    /** @param status -1 for an answer that never ends */
    private int serve(HttpServer server, int status, String answer) {
        var address = server.getAddress().getAddress().getHostAddress();
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", call -> {
            requests.add(address + " " + call.getRequestMethod() + " " + call.getRequestURI() + " "
                    + call.getRequestHeaders().getFirst("Host") + " "
                    + new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (status == -1) {
                awaitDone();
            }
            if (status == 307) {
                call.getResponseHeaders().add("Location", answer);
            }
            if (status == 500) {
                call.getResponseHeaders().add("Retry-After", "7");
            }
            var bytes = answer.getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(status == -1 ? 204 : status, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                call.getResponseBody().write(bytes);
            }
            call.close();
        });
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private void awaitDone() {
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static InetAddress address(String literal) throws UnknownHostException {
        return InetAddress.getByName(literal);
    }
}
