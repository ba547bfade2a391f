package dev.holdfast.bench;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Worker;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A worker process that claims a run, beats for it and never ends it. Arguments: worker id, lane; environment: {@code
 * HOLDFAST_URL}, {@code HOLDFAST_KEY}. It lives no longer than its standard input.
 */
public final class DoomedWorker {
    private DoomedWorker() {}

    public static void main(String[] args) throws IOException {
        var holdfast = HoldfastClient.of(URI.create(System.getenv("HOLDFAST_URL")), System.getenv("HOLDFAST_KEY"));
        var settings = Worker.Settings.of(args[0], List.of(args[1])).withConcurrency(1);
        Worker.start(holdfast, settings, run -> {
            new CountDownLatch(1).await();
            return null;
        });
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }
}
