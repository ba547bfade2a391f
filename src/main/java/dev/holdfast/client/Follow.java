package dev.holdfast.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Predicate;

/** Reads a live stream of events to its end, over all cuts: what was shown is known, and the next ask says so. */
final class Follow {
    /** Holdfast pings every 15 seconds unless told otherwise: a stream as silent as this is dead. */
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int NOTHING_MORE = 204;

    private final Transport transport;
    private final String key;
    private final String path;
    private String last;
    private Duration retry = Duration.ofSeconds(1);
    private boolean over;

    Follow(Transport transport, String key, String path) {
        this.transport = transport;
        this.key = key;
        this.path = path;
    }

    void read(String after, Predicate<Event> goesOn) {
        last = after;
        int failures = 0;
        while (!over) {
            String api = transport.nodes().present();
            String known = last;
            try {
                readUntilCut(api, goesOn);
                failures = 0;
                if (!over) {
                    Transport.sleep(retry);
                }
            } catch (Unreachable | Problem e) {
                if (!Transport.isPassing(e) || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                transport.nodes().turnFrom(api);
                failures = last != null && !last.equals(known) ? 1 : failures + 1;
                Transport.sleep(transport.backoff().pause(e, failures));
            }
        }
    }

    private void readUntilCut(String api, Predicate<Event> goesOn) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + path))
                .timeout(ANSWER)
                .header("Authorization", "Bearer " + key)
                .header("Accept", "text/event-stream, application/problem+json");
        if (last != null) {
            request.header("Last-Event-ID", last);
        }
        try (Lines lines = new Lines()) {
            HttpResponse<Flow.Publisher<List<ByteBuffer>>> reply =
                    transport.http().send(request.build(), BodyHandlers.ofPublisher());
            if (reply.statusCode() == 200) {
                reply.body().subscribe(BodySubscribers.fromLineSubscriber(lines));
                readFrames(api, lines, goesOn);
            } else {
                refused(reply);
            }
        } catch (IOException e) {
            throw Transport.unreachable(api, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unreachable("Interrupted while following a stream", e);
        }
    }

    private void refused(HttpResponse<Flow.Publisher<List<ByteBuffer>>> reply) {
        HttpResponse.BodySubscriber<byte[]> body = BodySubscribers.ofByteArray();
        reply.body().subscribe(body);
        byte[] said = body.getBody().toCompletableFuture().join();
        if (reply.statusCode() != NOTHING_MORE) {
            throw new Problem(reply.statusCode(), Transport.parsed(said), Transport.retryAfter(reply));
        }
        over = true;
    }

    private void readFrames(String api, Lines lines, Predicate<Event> goesOn) throws IOException, InterruptedException {
        String id = null;
        String data = null;
        while (!over) {
            String line = lines.next(SILENCE);
            if (line == null) {
                return;
            } else if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("data: ")) {
                data = line.substring(6);
            } else if (line.startsWith("retry: ")) {
                retry = Duration.ofMillis(Long.parseLong(line.substring(7)));
            } else if (line.equals("event: end")) {
                over = true;
            } else if (line.isEmpty()) {
                take(id, data, goesOn);
                id = null;
                data = null;
            }
        }
    }

    private void take(String id, String data, Predicate<Event> goesOn) {
        JsonNode event = data == null ? null : Transport.parsed(data.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        if (event != null && event.has("type")) {
            over = !goesOn.test(Json.read(event, Event.class));
        }
        last = id == null ? last : id;
    }
}
