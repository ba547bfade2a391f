package dev.holdfast.testkit;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** This JVM's test run: where it may write, and what has to end with it. */
final class TestRun {
    private static final Deque<Runnable> LAST_FIRST = new ArrayDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(TestRun::end, "end-of-test-run"));
    }

    private TestRun() {}

    /** Kept between runs, so that servers start with warm caches; mvn clean removes it. */
    static Path directory() {
        return Path.of(System.getProperty("holdfast.it", "target/it")).toAbsolutePath();
    }

    static void atEnd(Runnable stop) {
        synchronized (LAST_FIRST) {
            LAST_FIRST.push(stop);
        }
    }

    private static void end() {
        synchronized (LAST_FIRST) {
            LAST_FIRST.forEach(Runnable::run);
        }
    }
}
