package dev.holdfast.platform;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/** Where this node serves HTTP, as server.xml has it; Liberty opens the port when the application has started. */
@ApplicationScoped
public class HttpEndpoint {
    private static final int CONNECT_MILLIS = 500;

    private final String host = setting("HOLDFAST_HTTP_HOST", "127.0.0.1");
    private final int port = Integer.parseInt(setting("HOLDFAST_HTTP_PORT", "9080"));

    /**
     * To be asked before Liberty opens the port: it would say so in passing, and go on without one.
     *
     * @throws IllegalStateException if another process listens there
     */
    public void requireFree() {
        if (isOff()) {
            return;
        }
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true); // what lingers of former connections is no obstacle
            probe.bind(new InetSocketAddress(isEverywhere() ? null : InetAddress.getByName(host), port));
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Holdfast does not start: it cannot listen at %s:%d (%s). Choose another HOLDFAST_HTTP_PORT."
                            .formatted(host, port, e.getMessage()));
        }
    }

    /** The address for somebody on this machine; empty while nothing answers there, or HTTP is switched off. */
    public Optional<String> open() {
        var local = isEverywhere() ? "localhost" : host;
        try (var socket = new Socket()) {
            if (!isOff()) {
                socket.connect(new InetSocketAddress(local, port), CONNECT_MILLIS);
                return Optional.of("http://%s:%d".formatted(local, port));
            }
        } catch (IOException e) {
            // not yet
        }
        return Optional.empty();
    }

    public boolean isOff() {
        return port <= 0;
    }

    private boolean isEverywhere() {
        return host.equals("*");
    }

    private static String setting(String name, String standard) {
        return ConfigProvider.getConfig().getOptionalValue(name, String.class).orElse(standard);
    }
}
