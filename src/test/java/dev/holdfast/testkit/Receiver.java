package dev.holdfast.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Where a test's webhooks are received. It takes all, unless it is told to answer otherwise. */
public final class Receiver implements AutoCloseable {
    /** The one private address to which the cluster's nodes may send. */
    public static final String ADDRESS = "127.0.0.2";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final List<Message> messages = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;
    private volatile Function<Message, Answer> answers = message -> Answer.TAKEN;

    /** What came. @param signature of its header */
    public record Message(String id, long timestamp, String signature, String body) {
        public JsonNode event() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public String type() {
            return event().path("type").asText();
        }
    }

    public record Answer(int status, Map<String, String> headers, String body) {
        public static final Answer TAKEN = new Answer(204, Map.of(), "");
    }

    private Receiver(HttpServer server) {
        this.server = server;
    }

    public static Receiver open() {
        try {
            var receiver = new Receiver(HttpServer.create(new InetSocketAddress(ADDRESS, 0), 100));
            receiver.server.setExecutor(receiver.threads);
            receiver.server.createContext("/", receiver::receive);
            receiver.server.start();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://" + ADDRESS + ":" + server.getAddress().getPort() + "/hook";
    }

    public Receiver answering(Function<Message, Answer> how) {
        answers = how;
        return this;
    }

    public Receiver answering(int status) {
        return answering(message -> new Answer(status, Map.of(), "no"));
    }

    /** In the order in which they came. */
    public List<Message> messages() {
        return List.copyOf(messages);
    }

    public List<String> types() {
        return new ArrayList<>(messages.stream().map(Message::type).toList());
    }

    private void receive(HttpExchange call) throws IOException {
        try (call) {
            var headers = call.getRequestHeaders();
            var message = new Message(
                    headers.getFirst("webhook-id"),
                    Long.parseLong(headers.getFirst("webhook-timestamp")),
                    headers.getFirst("webhook-signature"),
                    new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            messages.add(message);
            var answer = answers.apply(message);
            answer.headers().forEach(call.getResponseHeaders()::add);
            var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            call.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                call.getResponseBody().write(bytes);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
