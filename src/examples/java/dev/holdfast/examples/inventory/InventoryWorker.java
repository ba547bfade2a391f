package dev.holdfast.examples.inventory;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.RunHandler;
import dev.holdfast.client.Worker;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * One worker process. Arguments: worker id, lane, repository, output directory; environment: {@code HOLDFAST_URL},
 * {@code HOLDFAST_KEY}. It works until its standard input ends or it is asked to terminate.
 */
public final class InventoryWorker {
    private static final int RUNS_AT_A_TIME = 4;

    private InventoryWorker() {}

    public static void main(String[] args) throws IOException {
        HoldfastClient holdfast =
                HoldfastClient.of(URI.create(System.getenv("HOLDFAST_URL")), System.getenv("HOLDFAST_KEY"));
        String lane = args[1];
        Worker.Settings settings = Worker.Settings.of(args[0], List.of(lane))
                .withConcurrency(RUNS_AT_A_TIME)
                .withClaimWait(Duration.ofSeconds(2))
                .withGrace(Duration.ofSeconds(10));
        Worker worker = Worker.start(holdfast, settings, handler(lane, holdfast, Path.of(args[2]), Path.of(args[3])));
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close));
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }

    private static RunHandler handler(String lane, HoldfastClient holdfast, Path repository, Path output) {
        return lane.equals(Lanes.REPORT)
                ? new WriteReport(holdfast, output)
                : new InspectJar(new JarInspector(repository));
    }
}
