package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;

/** An HTTP server in Holdfast's place: answers as it was told, and remembers what it was asked. */
final class StandIn implements AutoCloseable {
    static final String WORKER_KEY = "hft_worker";
    static final String RUN_KEY = "hfr_of-the-run";
    static final Backoff QUICK = new Backoff(Duration.ofMillis(5), Duration.ofMillis(20));

    record Request(
            String method,
            String path,
            String query,
            String key,
            String idempotencyKey,
            String lastEventId,
            JsonNode body) {}

    record Reply(int status, String body, String retryAfter) {
        static Reply ok(String body) {
            return new Reply(200, body, null);
        }

        static Reply problem(int status, String code) {
            return new Reply(
                    status, "{'status':%d,'code':'%s','detail':'so it is','mine':7}".formatted(status, code), null);
        }

        /** The body just as it is. */
        static Reply raw(String body) {
            return new Reply(200, "\0" + body, null);
        }

        /** The connection breaks without an answer. */
        static Reply none() {
            return new Reply(0, "", null);
        }

        String text() {
            return body.startsWith("\0") ? body.substring(1) : body.replace('\'', '"');
        }

        Reply after(String seconds) {
            return new Reply(status, body, seconds);
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Map<String, Function<Request, Reply>> routes = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<String> queued = new LinkedBlockingQueue<>();

    StandIn() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        on("/claims", this::claims);
        on("/heartbeat", request -> Reply.ok("{'continue':true,'leaseExpiresAt':'2026-01-01T00:02:00Z','later':1}"));
        for (String settled : List.of("/complete", "/fail", "/release", "/sleep", "/events")) {
            on(settled, request -> Reply.ok("{'id':'r1','lane':'l','state':'queued'}"));
        }
        server.start();
    }

    /** Answers whatever path ends so. */
    StandIn on(String pathEnd, Function<Request, Reply> answer) {
        routes.put(pathEnd, answer);
        return this;
    }

    /** Answers one after the other, the last one for ever. */
    StandIn on(String pathEnd, Reply... replies) {
        LinkedBlockingQueue<Reply> left = new LinkedBlockingQueue<>(List.of(replies));
        return on(pathEnd, request -> left.size() > 1 ? left.poll() : left.peek());
    }

    /** Lets the next claims find these runs. */
    StandIn queue(String... runIds) {
        queued.addAll(List.of(runIds));
        return this;
    }

    private Reply claims(Request request) {
        try {
            int max = request.body().path("max").asInt();
            List<String> claims = new CopyOnWriteArrayList<>();
            String first = queued.poll(
                    Duration.parse(request.body().path("wait").asText()).toMillis(), TimeUnit.MILLISECONDS);
            IntStream.range(0, max)
                    .mapToObj(i -> i == 0 ? first : queued.poll())
                    .filter(id -> id != null)
                    .forEach(id -> claims.add(claim(id)));
            return Reply.ok("{'claims':[" + String.join(",", claims) + "]}");
        } catch (InterruptedException e) {
            return Reply.none();
        }
    }

    private static String claim(String id) {
        return "{'run':{'id':'%s','lane':'l','state':'claimed','input':{'n':1},'unheardOf':true},'fence':3,'attempt':1,"
                        .formatted(id)
                + "'runKey':'%s','leaseExpiresAt':'2026-01-01T00:02:00Z','heartbeatEvery':'PT0.05S'}"
                        .formatted(RUN_KEY);
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request = read(exchange);
            requests.add(request);
            Reply reply = routes.entrySet().stream()
                    .filter(route -> request.path().endsWith(route.getKey()))
                    .findFirst()
                    .map(route -> route.getValue().apply(request))
                    .orElseGet(() -> Reply.problem(404, "not_found"));
            if (reply.status() != 0) {
                write(exchange, reply);
            }
        }
    }

    private static Request read(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        return new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().getPath(),
                exchange.getRequestURI().getRawQuery(),
                exchange.getRequestHeaders().getFirst("Authorization").replace("Bearer ", ""),
                exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                exchange.getRequestHeaders().getFirst("Last-Event-ID"),
                Json.MAPPER.readTree(body));
    }

    private static void write(HttpExchange exchange, Reply reply) throws IOException {
        byte[] body = reply.text().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        if (reply.retryAfter() != null) {
            exchange.getResponseHeaders().add("Retry-After", reply.retryAfter());
        }
        exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    List<Request> asked(String pathEnd) {
        return requests.stream()
                .filter(request -> request.path().endsWith(pathEnd))
                .toList();
    }

    URI address() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    HoldfastClient client() {
        return HoldfastClient.of(List.of(address()), WORKER_KEY, QUICK);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
