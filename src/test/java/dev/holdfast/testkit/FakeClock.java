package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.stream.Stream;

/** The clock of one node, which can be put off while it runs. */
public final class FakeClock {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HoldfastServer node;
    private final Path shift;

    private FakeClock(HoldfastServer node, Path shift) {
        this.node = node;
        this.shift = shift;
    }

    /**
     * Gives the node, not started yet, such a clock; the test is skipped where that cannot be done.
     *
     * <p>Put off only once it runs: the preloaded library shifts what a thread has used of the processor as well, and
     * Liberty's start, which limits itself by that, would take minutes.
     */
    public static FakeClock of(HoldfastServer node, Path directory) {
        var library = library();
        assumeTrue(library != null, "Debian's package faketime is not installed, so no clock can be made to be off");
        var clock = new FakeClock(node, directory.resolve("shift"));
        clock.write("+0");
        node.with("LD_PRELOAD", library.toString())
                .with("FAKETIME_TIMESTAMP_FILE", clock.shift.toString())
                .with("FAKETIME_CACHE_DURATION", "1")
                .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
                .with("FAKETIME_FORCE_MONOTONIC_FIX", "0"); // else each timed wait of a JVM ends at once
        return clock;
    }

    /** Returns when the node says so itself. */
    public void putOff(Duration by) {
        write("%+ds".formatted(by.toSeconds()));
        await().atMost(PATIENCE).until(() -> isOff(by));
    }

    public boolean isOff(Duration by) {
        return ahead().minus(by).abs().toSeconds() <= 30;
    }

    /** By what it says in each reply. */
    private Duration ahead() {
        var date = Api.at(node.uri()).unchecked().get("/health/live").header("Date");
        var said =
                ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
        return Duration.between(Instant.now(), said);
    }

    private void write(String text) {
        try {
            Files.writeString(shift, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path library() {
        return Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib", "/usr/lib")
                .map(directory -> Path.of(directory, "faketime", "libfaketimeMT.so.1"))
                .filter(Files::exists)
                .findFirst()
                .orElse(null);
    }
}
