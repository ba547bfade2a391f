package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A client of a live stream, reading on a thread of its own. Each event is held against the published contract. */
public final class Follower implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private final HttpResponse<InputStream> response;
    private final String schema;
    private final List<Event> events = new CopyOnWriteArrayList<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader = new Thread(this::read, "follower");
    private volatile String lastId;
    private volatile boolean ended;
    private volatile AssertionError breach;

    /** @param id as the stream gave it @param json as the API shows events */
    public record Event(String id, JsonNode json) {
        public String type() {
            return json.path("type").asText();
        }

        public String run() {
            return json.path("runId").asText();
        }

        public int number() {
            return Integer.parseInt(json.path("id").asText());
        }
    }

    /** Answered with something else than a stream. */
    public static final class Refused extends AssertionError {
        private Refused(HttpResponse<InputStream> response) throws IOException {
            super(response.statusCode() + ": " + new String(response.body().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private Follower(HttpResponse<InputStream> response, String schema) {
        this.response = response;
        this.schema = schema;
        reader.setDaemon(true);
        reader.start();
    }

    /** Follows a run from its beginning. */
    public static Follower ofRun(HoldfastServer node, String key, String run) {
        return open(node, key, "/api/v1/runs/" + run + "/events", null);
    }

    /** @param lastEventId null if it was not cut off */
    public static Follower open(HoldfastServer node, String key, String path, String lastEventId) {
        return open(node.uri(), key, path, lastEventId);
    }

    public static Follower open(URI server, String key, String path, String lastEventId) {
        var request = HttpRequest.newBuilder(server.resolve(path))
                .header("Accept", "text/event-stream")
                .header("Authorization", "Bearer " + key);
        if (lastEventId != null) {
            request.header("Last-Event-ID", lastEventId);
        }
        try {
            var response = HTTP.send(request.build(), BodyHandlers.ofInputStream());
            if (response.statusCode() != 200) {
                throw new Refused(response);
            }
            check(response);
            return new Follower(response, path.contains("/runs/") ? "Event" : "TenantEvent");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** All so far. */
    public List<Event> events() {
        if (breach != null) {
            throw breach;
        }
        return List.copyOf(events);
    }

    public List<String> types() {
        return events().stream().map(Event::type).toList();
    }

    /** As a browser would send it. */
    public String lastId() {
        return lastId;
    }

    /** All that came, line by line. */
    public List<String> lines() {
        return List.copyOf(lines);
    }

    public Map<String, List<String>> headers() {
        return response.headers().map();
    }

    public Follower await(int number) {
        return awaitUntil(follower -> follower.events().size() >= number);
    }

    public Follower awaitType(String type) {
        return awaitUntil(follower -> follower.types().contains(type));
    }

    public Follower awaitUntil(Predicate<Follower> condition) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .atMost(Duration.ofSeconds(20))
                .failFast("the stream has ended", () -> ended && !condition.test(this))
                .until(() -> condition.test(this));
        return this;
    }

    /** Waits for the server to end it. */
    public Follower awaitEnd() {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(20))
                .until(() -> ended);
        events();
        return this;
    }

    public boolean isEnded() {
        return ended;
    }

    /** Whether it was let go in good order, by a last word on when to come back, and not because there is nothing more. */
    public boolean isToComeBack() {
        var words = lines().stream().filter(line -> !line.isEmpty()).toList();
        return ended && words.size() > 1 && words.get(words.size() - 1).startsWith("retry: ");
    }

    /** Cuts the connection. */
    @Override
    public void close() {
        try {
            response.body().close();
            reader.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void check(HttpResponse<InputStream> response) {
        Contract.published()
                .check(new Exchange(
                        "GET",
                        response.uri().getRawPath(),
                        200,
                        response.headers().map(),
                        ": read as it comes"));
    }

    private void read() {
        var data = new StringBuilder();
        String name = null;
        String id = null;
        try (var in = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(line);
                if (line.startsWith("data: ")) {
                    data.append(line.substring(6));
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.isEmpty()) {
                    dispatch(id, name, data.toString());
                    data.setLength(0);
                    name = null;
                }
            }
        } catch (IOException cut) {
            // by the test, or by the end of the node
        } finally {
            ended = true;
        }
    }

    private void dispatch(String id, String name, String data) {
        lastId = id;
        if (name == null && !data.isEmpty()) {
            events.add(new Event(id, checked(data)));
        }
    }

    private JsonNode checked(String data) {
        try {
            var json = JSON.readTree(data);
            var api = Contract.published().api();
            var faults = api.validate(api.step(api.root(), "components", "schemas", schema), json);
            if (!faults.isEmpty()) {
                breach = new AssertionError(data + ": " + faults);
            }
            return json;
        } catch (JsonProcessingException e) {
            breach = new AssertionError("no JSON: " + data, e);
            throw new UncheckedIOException(e);
        }
    }
}
