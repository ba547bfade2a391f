package dev.holdfast.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;

/** The three calls of a run's life, over HTTP/1.1 with connections kept. Not by the client of Holdfast, which would beat too. */
final class Calls {
    enum Kind {
        SUBMIT,
        CLAIM,
        COMPLETE
    }

    /** What its owner needs to end it. */
    record Claim(String runId, long fence, String runKey) {}

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(Runnable::run)
            .build();
    private final String api;
    private final String key;
    private final String lane;

    Calls(URI base, String key, String lane) {
        this.api = base + "/api/v1";
        this.key = key;
        this.lane = lane;
    }

    void submit(Latencies latencies) throws IOException, InterruptedException {
        send(Kind.SUBMIT, "/runs", key, "{\"lane\":\"" + lane + "\",\"input\":{\"n\":1}}", latencies);
    }

    Optional<Claim> claim(String workerId, Latencies latencies) throws IOException, InterruptedException {
        var body = "{\"workerId\":\"" + workerId + "\",\"lanes\":[\"" + lane + "\"]}";
        var claim =
                send(Kind.CLAIM, "/claims", key, body, latencies).path("claims").path(0);
        return claim.isMissingNode()
                ? Optional.empty()
                : Optional.of(new Claim(
                        claim.path("run").path("id").asText(),
                        claim.path("fence").asLong(),
                        claim.path("runKey").asText()));
    }

    void complete(Claim claim, Latencies latencies) throws IOException, InterruptedException {
        var body = "{\"fence\":" + claim.fence() + ",\"result\":{\"n\":1}}";
        send(Kind.COMPLETE, "/runs/" + claim.runId() + "/complete", claim.runKey(), body, latencies);
    }

    private JsonNode send(Kind kind, String path, String bearer, String body, Latencies latencies)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(api + path))
                .header("Authorization", "Bearer " + bearer)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        long start = System.nanoTime();
        var reply = http.send(request, BodyHandlers.ofByteArray());
        latencies.add(kind, System.nanoTime() - start);
        if (reply.statusCode() / 100 != 2) {
            throw new IOException(path + " was answered " + reply.statusCode() + ": " + new String(reply.body()));
        }
        return JSON.readTree(reply.body());
    }
}
