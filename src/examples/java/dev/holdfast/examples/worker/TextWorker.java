package dev.holdfast.examples.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.PermanentFailure;
import dev.holdfast.client.RunContext;
import dev.holdfast.client.Worker;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** A worker in Java, on the client's runtime: {@code java -cp target/holdfast-cli.jar TextWorker.java}. Replace work. */
public final class TextWorker {
    private TextWorker() {}

    public static void main(String[] args) throws InterruptedException {
        String lane = Optional.ofNullable(System.getenv("HOLDFAST_LANE")).orElse("texts");
        var settings = Worker.Settings.of("java-" + ProcessHandle.current().pid(), List.of(lane))
                .withGrace(Duration.ofSeconds(1));
        Worker worker = Worker.start(HoldfastClient.fromEnvironment(), settings, TextWorker::work);
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close));
        Thread.currentThread().join();
    }

    private static JsonNode work(RunContext run) throws Exception {
        if (run.input() == null || !run.input().path("text").isTextual()) {
            throw new PermanentFailure("no_text", "The input has no text");
        }
        Thread.sleep((long) (1000 * run.input().path("seconds").asDouble(1)));
        byte[] text = run.input().path("text").asText().getBytes("UTF-8");
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(text);
        return JsonNodeFactory.instance
                .objectNode()
                .put("sha256", HexFormat.of().formatHex(hash));
    }
}
