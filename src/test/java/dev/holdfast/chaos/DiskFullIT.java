package dev.holdfast.chaos;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.chaos.Load.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** PostgreSQL's disk has no room left, and then has again. */
@Tag("chaos")
class DiskFullIT {
    private static final String SIZE = "2g";
    private static final long ROOM_LEFT = 256 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Path disk =
            Path.of(System.getProperty("holdfast.it"), "chaos-disk").toAbsolutePath();

    @BeforeEach
    void mount() throws Exception {
        Files.createDirectories(disk);
        unmount(); // what a test run that was itself killed has left
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", disk.toString()),
                "no disk of a certain size can be made here: that needs root and the right to mount");
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "--lazy", disk.toString());
    }

    @Test
    void I7_theDiskFullAndFreed() throws Exception {
        try (var cluster = ChaosCluster.of("disk", disk.resolve("postgresql"), 1)) {
            var load = cluster.load(Plan.of(Scale.of(100, 2_000))).start();
            load.goOnFor(20);
            resize(Long.toString(used() + ROOM_LEFT));
            await().atMost(PATIENCE).until(() -> load.notes().timesUnavailable() > 10);
            resize(SIZE);
            cluster.heal(); // without room for its log, PostgreSQL ends
            load.finish("the database's disk full, and freed");
        }
    }

    private long used() throws IOException {
        var store = Files.getFileStore(disk);
        return store.getTotalSpace() - store.getUnallocatedSpace();
    }

    private void resize(String size) throws Exception {
        if (!run("mount", "-o", "remount,size=" + size, disk.toString())) {
            throw new IllegalStateException("the disk cannot be made " + size);
        }
    }

    private static boolean run(String... command) throws Exception {
        var process = new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }
}
