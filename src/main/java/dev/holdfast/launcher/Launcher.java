package dev.holdfast.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Runs the server of this jar until it ends, with whatever of the environment is Holdfast's. */
public final class Launcher {
    private Launcher() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        var home = Path.of(".holdfast").toAbsolutePath();
        Files.createDirectories(home);
        try (var lock =
                FileChannel.open(home.resolve("server.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (lock.tryLock() == null) {
                System.err.println("Another Holdfast runs in " + home + ". Start this one in another directory.");
                System.exit(1);
            }
            var wlp = ServerOfJar.own().unpackedIn(home.resolve("server"));
            System.exit(run(wlp, home));
        }
    }

    private static int run(Path wlp, Path home) throws IOException, InterruptedException {
        var windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        var script = wlp.resolve("bin").resolve(windows ? "server.bat" : "server");
        var builder = new ProcessBuilder(script.toString(), "run", "holdfast").inheritIO();
        prepare(builder.environment(), home);
        var server = builder.start();
        // Ctrl-C reaches the server as well; kill reaches this process alone.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server)));
        return server.waitFor();
    }

    /** The server works in a directory of its own: what is relative means the one in which this was called. */
    static void prepare(Map<String, String> environment, Path home) {
        environment.keySet().removeAll(List.of("WLP_USER_DIR", "WLP_OUTPUT_DIR"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        if (environment.getOrDefault("HOLDFAST_DATA_DIR", "").isBlank()) {
            environment.put("HOLDFAST_DATA_DIR", home.resolve("postgresql").toString());
        }
        for (var path : List.of("HOLDFAST_DATA_DIR", "HOLDFAST_BOOTSTRAP_KEY_FILE")) {
            environment.computeIfPresent(
                    path,
                    (name, given) ->
                            given.isBlank() ? given : home.resolveSibling(given).toString());
        }
    }

    private static void end(Process server) {
        server.destroy();
        try {
            server.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
