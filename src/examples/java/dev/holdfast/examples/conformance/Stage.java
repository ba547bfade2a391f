package dev.holdfast.examples.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** Carries the worker's calls to the {@link StagedHoldfast} and its replies back, or spoils one of them on the way. */
final class Stage implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String CHALLENGE = "Bearer realm=\"holdfast\"";
    private static final int UNAUTHORIZED = 401;

    /** What a caller was answered; {@code retryAfter} is null for none. */
    record Reply(int status, JsonNode body, String retryAfter) {}

    /** One exchange, for whoever holds it against the contract. */
    interface Witness {
        void saw(String method, String path, Reply reply);
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final StagedHoldfast holdfast = new StagedHoldfast(this);
    private final Map<String, Deque<Fault>> faults = new HashMap<>();
    private final Witness witness;
    private Runnable onCall = () -> {};
    private Duration slowness = Duration.ZERO;
    private boolean closed;

    Stage(Witness witness) {
        this.witness = witness;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    StagedHoldfast holdfast() {
        return holdfast;
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Is run at each call, before it is looked at. */
    void onCall(Runnable look) {
        onCall = look;
    }

    synchronized void spoil(String route, Fault fault) {
        faults.computeIfAbsent(route, r -> new ArrayDeque<>()).add(fault);
        notifyAll();
    }

    /** Each reply comes so late, and in drops. */
    synchronized void slow(Duration by) {
        slowness = by;
    }

    synchronized boolean isSpoilt(String route) {
        return !faults.getOrDefault(route, new ArrayDeque<>()).isEmpty();
    }

    /** Waits until it holds. @throws Missed if the time is over before, or the other thing does not hold any more */
    synchronized void await(String otherwise, Duration time, BooleanSupplier holds, BooleanSupplier meanwhile)
            throws Missed, InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new Missed(otherwise + " within " + time.toSeconds() + " s");
            } else if (!meanwhile.getAsBoolean() && !holds.getAsBoolean()) {
                throw new Missed(otherwise);
            }
            wait(200);
        }
    }

    /** No fault is left over. */
    synchronized void clear() {
        faults.clear();
        slowness = Duration.ZERO;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            onCall.run();
            String path = exchange.getRequestURI().getPath();
            String route = path.substring(path.lastIndexOf('/') + 1);
            String key = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                    .map(header -> header.replaceFirst("^Bearer ", ""))
                    .orElse("");
            JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
            Fault busy = next(route, true);
            Reply reply = busy != null
                    ? holdfast.busy(busy, path)
                    : holdfast.answer(exchange.getRequestMethod(), path, route, key, body);
            Fault fault = busy == null && reply.status() / 100 == 2 && brings(reply) ? next(route, false) : null;
            if (fault == Fault.TWICE) {
                reply = holdfast.answer(exchange.getRequestMethod(), path, route, key, body);
            }
            witness.saw(exchange.getRequestMethod(), path, reply);
            write(exchange, reply, fault == Fault.REPLY_LOST);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** A reply without a claim is nothing that could be lost. */
    private static boolean brings(Reply reply) {
        return !reply.body().has("claims") || !reply.body().path("claims").isEmpty();
    }

    private synchronized Fault next(String route, boolean busy) {
        Deque<Fault> next = faults.getOrDefault(route, new ArrayDeque<>());
        return !next.isEmpty() && next.peek().kind() == Fault.Kind.BUSY == busy ? next.poll() : null;
    }

    private void write(HttpExchange exchange, Reply reply, boolean half) throws IOException, InterruptedException {
        byte[] body = reply.body().toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", reply.status() < 400 ? "application/json" : "application/problem+json");
        exchange.getResponseHeaders().set("X-Correlation-Id", "conformance");
        if (reply.status() == UNAUTHORIZED) {
            exchange.getResponseHeaders().set("WWW-Authenticate", CHALLENGE);
        }
        if (reply.retryAfter() != null) {
            exchange.getResponseHeaders().set("Retry-After", reply.retryAfter());
        }
        Duration late;
        synchronized (this) {
            late = slowness;
        }
        Thread.sleep(late.toMillis() / 2);
        exchange.sendResponseHeaders(reply.status(), body.length);
        OutputStream out = exchange.getResponseBody();
        out.write(body, 0, body.length / 2);
        out.flush();
        Thread.sleep(late.toMillis() / 2);
        if (!half) {
            out.write(body, body.length / 2, body.length - body.length / 2);
            out.close();
        }
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        server.stop(0);
        threads.shutdownNow();
    }
}
