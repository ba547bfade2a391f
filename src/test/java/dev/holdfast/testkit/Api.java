package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The tests' client. Every reply under {@code /api/v1} is held against the published contract there and then. Paths are whole,
 * as in the document: {@code /api/v1/runs?lane=sync}. A body of text or bytes is sent as it is, null sends none, anything
 * else is written as JSON. Immutable; each {@code with…} makes another client.
 */
public final class Api {

    /** What a test asks if it does not matter what. */
    public static final Map<String, Object> QUESTION = Map.of(
            "slot", "refund",
            "action", "payments.refund",
            "title", "Refund order 4711?",
            "args", Map.of("order", "4711", "amount", 129.9));

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final URI base;
    private final Map<String, String> headers;
    private final boolean checked;
    private final Duration patience;

    private Api(URI base, Map<String, String> headers, boolean checked, Duration patience) {
        this.base = base;
        this.headers = headers;
        this.checked = checked;
        this.patience = patience;
    }

    public static Api at(URI base) {
        return new Api(base, Map.of("Content-Type", "application/json"), true, PATIENCE);
    }

    /** Waits so long for an answer. */
    public Api within(Duration patience) {
        return new Api(base, headers, checked, patience);
    }

    public Api withKey(String key) {
        return with("Authorization", "Bearer " + key);
    }

    /** As a person, by name and password. */
    public Api withLogin(String name, String password) {
        return with("Authorization", basic(name + ":" + password));
    }

    /** What a browser sends of a name and password, joined by a colon. */
    public static String basic(String login) {
        return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }

    /** Replaces the header of this name; null removes it. */
    public Api with(String header, String value) {
        var others = new LinkedHashMap<>(headers);
        others.keySet().removeIf(header::equalsIgnoreCase);
        if (value != null) {
            others.put(header, value);
        }
        return new Api(base, others, checked, patience);
    }

    public Api withoutKey() {
        return with("Authorization", null);
    }

    /** For requests so broken that the document has no answer to them. */
    public Api unchecked() {
        return new Api(base, headers, false, patience);
    }

    public Reply get(String path) {
        return send("GET", path, null);
    }

    public Reply post(String path, Object body) {
        return send("POST", path, body);
    }

    public Reply put(String path, Object body) {
        return send("PUT", path, body);
    }

    public Reply delete(String path) {
        return send("DELETE", path, null);
    }

    public Reply send(String method, String path, Object body) {
        var uri = base.resolve(path);
        var request = HttpRequest.newBuilder(uri)
                .timeout(patience)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(written(body)));
        headers.forEach((name, value) -> {
            if (body != null || !name.equalsIgnoreCase("Content-Type")) {
                request.header(name, value);
            }
        });
        var response = exchanged(request.build());
        if (checked && uri.getPath().startsWith("/api/v1/")) {
            Contract.published()
                    .check(new Exchange(
                            method,
                            uri.getRawPath(),
                            response.statusCode(),
                            response.headers().map(),
                            response.body()));
        }
        return new Reply(response.statusCode(), response.headers(), parsed(response.body()), response.body());
    }

    // The common steps

    public JsonNode submit(String lane) {
        return submit(lane, Map.of());
    }

    /** Submits a run with these members besides its lane. */
    public JsonNode submit(String lane, Map<String, ?> members) {
        var body = new LinkedHashMap<String, Object>(members);
        body.put("lane", lane);
        return post("/api/v1/runs", body).expect(201).json();
    }

    public JsonNode run(String id) {
        return get("/api/v1/runs/" + id).expect(200).json();
    }

    public Reply claim(String workerId, String lane, int max) {
        return post("/api/v1/claims", Map.of("workerId", workerId, "lanes", List.of(lane), "max", max));
    }

    /** Claims the one run that the caller knows to be there. */
    public Claimed claimOne(String workerId, String lane) {
        var claims = claim(workerId, lane, 1).expect(200).json().path("claims");
        if (claims.size() != 1) {
            throw new AssertionError("expected a run to claim in lane " + lane + ", but there was none");
        }
        return Claimed.of(claims.get(0));
    }

    public Reply beat(Claimed claim) {
        return asOwner(claim, "heartbeat", Map.of());
    }

    public Reply complete(Claimed claim) {
        return asOwner(claim, "complete", Map.of());
    }

    public Reply fail(Claimed claim, String code) {
        return asOwner(claim, "fail", Map.of("failure", Map.of("code", code, "message", "failed by a test")));
    }

    /** Asks people about the run. @param members besides, or in place of, those of {@link #QUESTION} */
    public Reply ask(Claimed claim, Map<String, ?> members) {
        var question = new LinkedHashMap<String, Object>(QUESTION);
        question.putAll(members);
        return asOwner(claim, "approvals", question);
    }

    public Reply decide(String approval, boolean approved) {
        return post("/api/v1/approvals/" + approval + "/decision", Map.of("approved", approved));
    }

    public JsonNode approval(String id) {
        return get("/api/v1/approvals/" + id).expect(200).json();
    }

    /** The approval that the run waits for; missing if it waits for none. */
    public JsonNode pendingOf(String run) {
        return get("/api/v1/approvals?runId=" + run).expect(200).json().at("/items/0");
    }

    /** Any fenced route of the run: {@code heartbeat, complete, fail, release, sleep, events, approvals}. */
    public Reply asOwner(Claimed claim, String route, Map<String, ?> members) {
        return post("/api/v1/runs/" + claim.runId() + "/" + route, claim.body(members));
    }

    /** Takes {@code step} n times at once, all let go by one latch, and gives what each came to, in order. */
    public static <T> List<T> inParallel(int n, IntFunction<T> step) {
        var ready = new CountDownLatch(n);
        var threads = Executors.newFixedThreadPool(n);
        try {
            var outcomes = IntStream.range(0, n)
                    .mapToObj(i -> threads.submit(() -> {
                        ready.countDown();
                        ready.await();
                        return step.apply(i);
                    }))
                    .toList();
            return outcomes.stream().map(Api::outcomeOf).toList();
        } finally {
            threads.shutdownNow();
        }
    }

    private static <T> T outcomeOf(Future<T> step) {
        try {
            return step.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error breach) {
                throw breach;
            }
            throw new CompletionException(e.getCause());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static HttpResponse<String> exchanged(HttpRequest request) {
        try {
            return HTTP.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(request.method() + " " + request.uri() + " got no answer", e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting", e);
    }

    private static byte[] written(Object body) {
        if (body instanceof byte[] bytes) {
            return bytes;
        }
        try {
            return body instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON can be made of " + body, e);
        }
    }

    private static JsonNode parsed(String text) {
        try {
            return text.isBlank() ? MissingNode.getInstance() : JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }
}
