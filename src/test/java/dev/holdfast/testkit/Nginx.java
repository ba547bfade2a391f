package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A proxy before a node that buffers requests and replies whole, and keeps the document of the API, as the documentation
 * advises.
 */
public final class Nginx implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/sbin/nginx");

    private static final String CONFIGURATION = """
            daemon off; worker_processes 1; pid %1$s/nginx.pid; error_log %1$s/error.log;
            events { worker_connections 4096; }
            http {
                access_log off; client_body_temp_path %1$s/bodies; proxy_temp_path %1$s/replies;
                fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                proxy_cache_path %1$s/cache keys_zone=document:1m;
                upstream holdfast { server 127.0.0.1:%3$d; keepalive 64; }
                server {
                    listen 127.0.0.1:%2$d;
                    client_header_timeout 10s; client_body_timeout 10s; send_timeout 10s; client_max_body_size 1m;
                    proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_request_buffering on; proxy_buffering on; proxy_buffers 16 64k;
                    location / { proxy_pass http://holdfast; }
                    location /openapi {
                        proxy_pass http://holdfast; proxy_cache document; proxy_cache_lock on;
                        proxy_cache_valid 200 1m; proxy_ignore_headers Cache-Control;
                    }
                }
            }""";

    private final int port = TestRun.freePort();
    private final Process process;

    private Nginx(HoldfastServer node) throws IOException {
        var directory = Files.createDirectories(TestRun.directory().resolve("nginx"));
        var file = Files.writeString(
                directory.resolve("nginx.conf"), CONFIGURATION.formatted(directory, port, node.port()));
        process = new ProcessBuilder(PROGRAM.toString(), "-p", directory.toString(), "-c", file.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("console.log").toFile())
                .start();
        TestRun.atEnd(process::destroy);
        await().until(this::listens);
    }

    public static boolean isInstalled() {
        return Files.isExecutable(PROGRAM);
    }

    public static Nginx before(HoldfastServer node) {
        try {
            return new Nginx(node);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean listens() {
        try (var socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }
}
