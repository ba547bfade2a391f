package dev.holdfast.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadLocalRandom;

/** This JVM's test run: where it may write, and what has to end with it. */
public final class TestRun {
    /** Of two forks each has ports of its own. */
    private static final int FORK = Integer.getInteger("holdfast.fork", 1);

    private static final Deque<Runnable> LAST_FIRST = new ArrayDeque<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(TestRun::end, "end-of-test-run"));
    }

    private TestRun() {}

    /** Kept between runs, so that servers start with warm caches; mvn clean removes it. */
    static Path directory() {
        return Path.of(System.getProperty("holdfast.it", "target/it")).toAbsolutePath();
    }

    /**
     * A port that nobody listens at, and that the system gives to no connection of its own accord: between this and the
     * start of a server it could.
     */
    public static int freePort() {
        for (; ; ) {
            int port = 12_000 + 2 * ThreadLocalRandom.current().nextInt(9_000) + FORK % 2;
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // another one, then
            }
        }
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
