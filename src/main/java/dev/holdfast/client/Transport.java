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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Carries calls to Holdfast and answers back; repeats those that may be, until its patience ends, at another node if it can. */
final class Transport {
    private final HttpClient http;
    private final Nodes nodes;
    private final Backoff backoff;
    private final Duration patience;

    Transport(List<URI> addresses, Backoff backoff, Duration patience) {
        this(
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(Duration.ofSeconds(5))
                        .build(),
                new Nodes(addresses),
                backoff,
                patience);
    }

    private Transport(HttpClient http, Nodes nodes, Backoff backoff, Duration patience) {
        this.http = http;
        this.nodes = nodes;
        this.backoff = backoff;
        this.patience = patience;
    }

    Transport withPatience(Duration other) {
        return new Transport(http, nodes, backoff, other);
    }

    HttpClient http() {
        return http;
    }

    Nodes nodes() {
        return nodes;
    }

    Backoff backoff() {
        return backoff;
    }

    /** The answer; throws {@link Problem} or {@link Unreachable}. */
    <T> T send(Call<T> call, String key) {
        Tries tries = tries(call);
        while (true) {
            String api = nodes.present();
            try {
                return call.reading().apply(sendOnce(call, api, key));
            } catch (Unreachable | Problem e) {
                sleep(tries.after(e, api).orElseThrow(() -> e));
            }
        }
    }

    /** The same without blocking; ends with {@link Problem} or {@link Unreachable} as the cause when it fails. */
    <T> CompletableFuture<T> sendAsync(Call<T> call, String key) {
        return tryAsync(call, key, tries(call));
    }

    private <T> CompletableFuture<T> tryAsync(Call<T> call, String key, Tries tries) {
        String api = nodes.present();
        return sendOnceAsync(call, api, key).exceptionallyCompose(error -> {
            RuntimeException failure = failure(error);
            return tries.after(failure, api)
                    .map(pause -> CompletableFuture.runAsync(
                                    () -> {},
                                    CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS))
                            .thenCompose(now -> tryAsync(call, key, tries)))
                    .orElseGet(() -> CompletableFuture.failedFuture(failure));
        });
    }

    private Tries tries(Call<?> call) {
        return new Tries(call, nodes, backoff, patience);
    }

    private <T> CompletableFuture<T> sendOnceAsync(Call<T> call, String api, String key) {
        return http.sendAsync(request(call, api, key), BodyHandlers.ofByteArray())
                .handle((reply, error) -> {
                    if (error != null) {
                        throw unreachable(api, error instanceof CompletionException ? error.getCause() : error);
                    }
                    return call.reading().apply(read(reply));
                });
    }

    /** What a future has failed with, out of its wrapping. */
    static RuntimeException failure(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause instanceof RuntimeException failure ? failure : new IllegalStateException(cause);
    }

    private JsonNode sendOnce(Call<?> call, String api, String key) {
        try {
            return read(http.send(request(call, api, key), BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw unreachable(api, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unreachable("Interrupted while waiting for Holdfast's answer", e);
        }
    }

    private static HttpRequest request(Call<?> call, String api, String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api + call.path()))
                .timeout(call.timeout())
                .header("Authorization", "Bearer " + key)
                .header("Accept", "application/json, application/problem+json");
        call.headers().forEach(request::header);
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
    static JsonNode parsed(byte[] body) {
        try {
            return body.length == 0 ? MissingNode.getInstance() : Json.MAPPER.readTree(body);
        } catch (IOException e) {
            return null;
        }
    }

    static Duration retryAfter(HttpResponse<?> reply) {
        return reply.headers()
                .firstValue("Retry-After")
                .filter(value -> value.matches("\\d{1,6}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }

    static Unreachable unreachable(String api, Throwable cause) {
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new Unreachable("No answer from " + api + ": " + why, cause);
    }

    static boolean isPassing(RuntimeException failure) {
        return failure instanceof Unreachable || failure instanceof Problem problem && problem.isPassing();
    }

    static void sleep(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unreachable("Interrupted while waiting to try again", e);
        }
    }

    @Override
    public String toString() {
        return nodes.toString();
    }
}
