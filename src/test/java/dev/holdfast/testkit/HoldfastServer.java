package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A node as users run it: the packaged server in a process of its own, which can be stopped, killed and restarted. */
public final class HoldfastServer implements AutoCloseable {
    /** A start takes some 20 s of processor time, and nodes of two forks may start at once, in the full form of the faults beside a load. */
    private static final Duration READY = Duration.ofMinutes(Boolean.getBoolean("holdfast.chaos.full") ? 10 : 5);

    private static final String BEAN_IS_GONE = "WELD-000229";
    private static final Duration STOPPED = Duration.ofSeconds(60);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final ServerDirectory directory;
    private final Map<String, String> environment = new HashMap<>();
    private final int port = TestRun.freePort();
    private int httpsPort;
    private Process process;

    private HoldfastServer(String name, Path wlp) {
        directory = ServerDirectory.of(name, wlp);
        environment.put("HOLDFAST_NODE_NAME", name);
        environment.put("HOLDFAST_HTTP_PORT", Integer.toString(port));
        environment.put("HOLDFAST_DB_POOL_SIZE", "10");
        // pgJDBC makes the JVM's time zone the session's.
        environment.put("TZ", TestPostgres.TIME_ZONE);
        TestRun.atEnd(this::kill);
    }

    /** Not started yet; on an embedded PostgreSQL of its own unless told otherwise. */
    public static HoldfastServer named(String name) {
        return named(name, ServerDirectory.ofThisBuild());
    }

    /** The same of another build. @param wlp a Liberty with a packaged server in it */
    public static HoldfastServer named(String name, Path wlp) {
        return new HoldfastServer(name, wlp);
    }

    public HoldfastServer on(TestPostgres.Database database) {
        return with("HOLDFAST_DB_URL", database.url())
                .with("HOLDFAST_DB_USER", database.user())
                .with("HOLDFAST_DB_PASSWORD", database.password());
    }

    public HoldfastServer with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Puts a packaged sample of {@code configDropins/overrides} in force, such as {@code people.xml}. */
    public HoldfastServer withSample(String file) {
        directory.override(file);
        return this;
    }

    /** Adds configuration of a test's own. */
    public HoldfastServer withConfiguration(String file, String elements) {
        directory.override(file, "<server>" + elements + "</server>");
        return this;
    }

    /** Lets JMX in from other machines, as the packaged sample has it: over HTTPS, for this user. */
    public HoldfastServer withJmx(String user, String password, String keyStorePassword) {
        return withSample("jmx.xml")
                .withHttps(keyStorePassword)
                .with("HOLDFAST_JMX_USER", user)
                .with("HOLDFAST_JMX_PASSWORD", password);
    }

    /** Serves HTTPS with this key store, as the packaged sample has it. */
    public HoldfastServer withTls(Path keyStore, String password) {
        return withSample("tls.xml").withHttps(password).with("HOLDFAST_KEYSTORE", keyStore.toString());
    }

    private HoldfastServer withHttps(String keyStorePassword) {
        httpsPort = TestRun.freePort();
        return with("HOLDFAST_HTTPS_PORT", Integer.toString(httpsPort))
                .with("HOLDFAST_KEYSTORE_PASSWORD", keyStorePassword);
    }

    /** Returns when the node is ready. */
    public HoldfastServer start() {
        return startUnready().awaitReady();
    }

    /** For the starts that are meant to fail, and for starting several at once. */
    public HoldfastServer startUnready() {
        if (directory.wlp().equals(ServerDirectory.ofThisBuild())) {
            WorkArea.prepare(directory.server());
            directory.prepare(WorkArea.options());
        } else {
            directory.prepare(List.of());
        }
        process = directory.launch(environment);
        return this;
    }

    public HoldfastServer awaitReady() {
        try {
            await().pollInterval(Duration.ofMillis(100)).atMost(READY).until(() -> {
                if (!process.isAlive()) {
                    throw new IllegalStateException("The server ended before it was ready");
                }
                return isReady();
            });
        } catch (RuntimeException e) {
            throw new IllegalStateException(this + " did not get ready; its log ends:\n" + endOfLog(), e);
        }
        return this;
    }

    public boolean isReady() {
        return isReady(port);
    }

    static boolean isReady(int port) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                    .timeout(Duration.ofSeconds(5))
                    .build();
            return HTTP.send(request, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** SIGTERM, and the wait for what follows from it. */
    public void stop() {
        jvm().ifPresent(ProcessHandle::destroy);
        awaitEnd();
        if (log().contains(BEAN_IS_GONE)) {
            throw new IllegalStateException(
                    this + " asked at its end what had ended before; its log ends:\n" + endOfLog());
        }
    }

    /** kill -9. The embedded PostgreSQL, if that is what it has, lives on as after a real one. */
    public void kill() {
        if (isRunning()) {
            jvm().ifPresent(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            awaitEnd();
        }
    }

    /** SIGSTOP: it does nothing any more, and nobody is told. */
    public void freeze() {
        Signal.STOP.to(jvm().orElseThrow());
    }

    /** SIGCONT. */
    public void thaw() {
        Signal.CONT.to(jvm().orElseThrow());
    }

    public HoldfastServer restart() {
        stop();
        return start();
    }

    /** The JVM, for SIGSTOP and the like; empty when it does not run. */
    public Optional<ProcessHandle> jvm() {
        // The script of the server becomes the JVM or has it for a child, depending on the shell.
        return process == null
                ? Optional.empty()
                : Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .filter(candidate ->
                                candidate.info().command().orElse("").endsWith("java"))
                        .findFirst();
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    public URI uri(String path) {
        return uri().resolve(path);
    }

    public int port() {
        return port;
    }

    /** Only {@linkplain #withJmx with JMX} or {@linkplain #withTls TLS}. */
    public int httpsPort() {
        return httpsPort;
    }

    /** The server's own files: configuration, logs, key store. */
    public Path files() {
        return directory.server();
    }

    public String name() {
        return directory.name();
    }

    /** What the server wrote since its last start. */
    public String log() {
        try {
            return Files.exists(directory.log()) ? Files.readString(directory.log()) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Liberty's records of what it thinks should not have happened, since its last start. */
    public List<Path> faultRecords() {
        Path records = directory.server().resolve("logs/ffdc");
        if (!Files.exists(records)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(records)) {
            return files.filter(file -> file.getFileName().toString().startsWith("ffdc_"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that the server has written into files of its own: console, messages, fault records. */
    public String allLogs() {
        try (Stream<Path> files = Files.walk(directory.server().resolve("logs"))) {
            StringBuilder texts = new StringBuilder(log());
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                texts.append(Files.readString(file));
            }
            return texts.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the embedded PostgreSQL keeps its files, when nothing else is said. */
    public Path embeddedPostgres() {
        return directory.server().resolve("data/postgresql");
    }

    @Override
    public void close() {
        stop();
    }

    @Override
    public String toString() {
        return "node " + name() + " at " + uri();
    }

    private void awaitEnd() {
        if (process == null) {
            return;
        }
        try {
            if (!process.waitFor(STOPPED.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        this + " did not end within " + STOPPED + "; its log ends:\n" + endOfLog());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String endOfLog() {
        List<String> lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
    }
}
