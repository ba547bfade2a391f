package dev.holdfast.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Liberty user directory of its own: configuration copied from the packaged server, WAR and libraries linked to it. */
record ServerDirectory(String name, Path user, Path wlp) {
    private static final String SERVER = "holdfast";
    private static final Path OVERRIDES = Path.of("configDropins", "overrides");

    /** Whether servers are here to be measured: then they run as users' do, whatever that costs. */
    static final boolean MEASURED = Boolean.getBoolean("holdfast.measured");

    /**
     * C1 only, no threads that collect beside it, room for the garbage of a start, and what Liberty's bundles bring taken on
     * trust: a test's server is young all its life. Inside Arquillian's server the same WAR is verified.
     */
    private static final List<String> JVM_OPTIONS = MEASURED
            ? List.of()
            : List.of(
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xms256m",
                    "-XX:+UnlockDiagnosticVMOptions",
                    "-XX:-BytecodeVerificationRemote");

    /** @param wlp a Liberty with a packaged server in it */
    static ServerDirectory of(String name, Path wlp) {
        return new ServerDirectory(name, TestRun.directory().resolve(name), wlp);
    }

    /** The Liberty of this build. */
    static Path ofThisBuild() {
        var wlp = System.getProperty("holdfast.wlp");
        if (wlp == null) {
            throw new IllegalStateException(
                    "System property holdfast.wlp is not set: servers are for *IT classes, which"
                            + " `mvn verify` runs after the packaging");
        }
        return Path.of(wlp);
    }

    private Path packaged() {
        return wlp.resolve("usr/servers").resolve(SERVER);
    }

    Path server() {
        return user.resolve("servers").resolve(SERVER);
    }

    /** Puts the packaged sample of this name in force, as an administrator would. */
    void override(String file) {
        try {
            override(file, Files.readString(packaged().resolve(OVERRIDES).resolve(file + ".sample")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void override(String file, String configuration) {
        try {
            Files.createDirectories(server().resolve(OVERRIDES));
            Files.writeString(server().resolve(OVERRIDES).resolve(file), configuration);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path log() {
        return user.resolve("console.log");
    }

    /** @param more options of the JVM */
    void prepare(List<String> more) {
        Path packaged = packaged();
        try {
            Files.createDirectories(server());
            // Not server.env, nor configDropins: they may carry what somebody has set for mvn -Prun.
            copy(packaged, "server.xml");
            copy(packaged, "database.xml");
            link(packaged, "apps");
            link(packaged, "lib");
            List<String> options = new ArrayList<>(Files.readAllLines(packaged.resolve("jvm.options")));
            options.addAll(JVM_OPTIONS);
            options.addAll(more);
            Files.write(server().resolve("jvm.options"), options);
            endOrphan();
            forgetLogs();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Process launch(Map<String, String> environment) {
        Path script = wlp.resolve("bin").resolve("server");
        ProcessBuilder builder = new ProcessBuilder(script.toString(), "run", SERVER)
                .redirectErrorStream(true)
                .redirectOutput(log().toFile());
        // Nothing of the developer's own settings may leak into a test.
        builder.environment().keySet().removeIf(variable -> variable.startsWith("HOLDFAST_"));
        builder.environment().put("WLP_USER_DIR", user.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            Files.writeString(pidFile(), process.pid() + " " + started(process.toHandle()));
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A test run that was itself killed leaves its servers behind; they would hold this directory. */
    private void endOrphan() throws IOException {
        if (!Files.exists(pidFile())) {
            return;
        }
        String[] last = Files.readString(pidFile()).split(" ", 2);
        ProcessHandle.of(Long.parseLong(last[0]))
                .filter(process -> started(process).equals(last[1]))
                .ifPresent(script -> {
                    script.descendants().forEach(ProcessHandle::destroyForcibly);
                    script.destroyForcibly();
                    script.onExit().join();
                });
    }

    /** What an earlier start wrote must not be taken for what this one writes. */
    private void forgetLogs() throws IOException {
        Files.deleteIfExists(log());
        Path logs = server().resolve("logs");
        if (Files.exists(logs)) {
            try (var files = Files.walk(logs)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path pidFile() {
        return user.resolve("pid");
    }

    private void copy(Path packaged, String file) throws IOException {
        Files.copy(packaged.resolve(file), server().resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }

    private void link(Path packaged, String directory) throws IOException {
        Path link = server().resolve(directory);
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, packaged.resolve(directory));
    }

    private static String started(ProcessHandle process) {
        return process.info().startInstant().map(Object::toString).orElse("");
    }
}
