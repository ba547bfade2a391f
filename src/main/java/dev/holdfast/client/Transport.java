package dev.holdfast.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Carries calls to Holdfast and answers back; repeats those that may be, until its patience ends. */
final class Transport {
    private final HttpClient http;
    private final String api;
    private final Backoff backoff;
    private final Duration patience;

    Transport(URI base, Backoff backoff, Duration patience) {
        this(
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .build(),
                base.toString().replaceFirst("/+$", "") + "/api/v1",
                backoff,
                patience);
    }

    private Transport(HttpClient http, String api, Backoff backoff, Duration patience) {
        this.http = http;
        this.api = api;
        this.backoff = backoff;
        this.patience = patience;
    }

    Transport withPatience(Duration other) {
        return new Transport(http, api, backoff, other);
    }

    /** The answer's JSON; a missing node if it was empty. Throws {@link Problem} or {@link Unreachable}. */
    JsonNode send(Call call, String key) {
        long start = System.nanoTime();
        for (int failures = 1; ; failures++) {
            try {
                return sendOnce(call, key);
            } catch (Unreachable | Problem e) {
                Duration pause = backoff.pause(e, failures);
                if (!call.repeatable()
                        || !isPassing(e)
                        || elapsedSince(start).plus(pause).compareTo(patience) > 0) {
                    throw e;
                }
                sleep(pause);
            }
        }
    }

    /** One try, without blocking; ends with {@link Problem} or {@link Unreachable} as the cause when it fails. */
    CompletableFuture<JsonNode> sendAsync(Call call, String key) {
        return http.sendAsync(request(call, key), BodyHandlers.ofByteArray()).handle((reply, error) -> {
            if (error != null) {
                throw unreachable(error.getCause() == null ? error : error.getCause());
            }
            return read(reply);
        });
    }

    private JsonNode sendOnce(Call call, String key) {
        try {
            return read(http.send(request(call, key), BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unreachable("Interrupted while waiting for Holdfast's answer", e);
        }
    }

    private HttpRequest request(Call call, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + call.path()))
                .timeout(call.timeout())
                .header("Authorization", "Bearer " + key)
                .header("Accept", "application/json, application/problem+json");
        if (call.idempotencyKey() != null) {
            request.header("Idempotency-Key", call.idempotencyKey());
        }
        if (call.body() == null) {
            return request.method(call.method(), BodyPublishers.noBody()).build();
        }
        return request.header("Content-Type", "application/json")
                .method(call.method(), BodyPublishers.ofByteArray(written(call.body())))
                .build();
    }

    private static byte[] written(Object body) {
        try {
            return Json.MAPPER.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static JsonNode read(HttpResponse<byte[]> reply) {
        JsonNode body = parsed(reply.body());
        if (reply.statusCode() / 100 != 2 || body == null) {
            throw new Problem(reply.statusCode(), body, retryAfter(reply));
        }
        return body;
    }

    /** Null when it is no JSON: a proxy's page, say. */
    private static JsonNode parsed(byte[] body) {
        try {
            return body.length == 0 ? MissingNode.getInstance() : Json.MAPPER.readTree(body);
        } catch (IOException e) {
            return null;
        }
    }

    private static Duration retryAfter(HttpResponse<?> reply) {
        return reply.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,6}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }

    private Unreachable unreachable(Throwable cause) {
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new Unreachable("No answer from " + api + ": " + why, cause);
    }

    static boolean isPassing(RuntimeException failure) {
        return failure instanceof Unreachable || failure instanceof Problem problem && problem.isPassing();
    }

    private static Duration elapsedSince(long start) {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unreachable("Interrupted while waiting to try again", e);
        }
    }

    @Override
    public String toString() {
        return api;
    }
}
