package dev.holdfast.platform;

import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;
import org.eclipse.microprofile.config.ConfigProvider;

/** Where this node serves HTTP, as server.xml has it. Liberty opens the port once the application has started. */
@ApplicationScoped
public class HttpEndpoint {
    private static final int CONNECT_MILLIS = 500;

    private final String host = setting("HOLDFAST_HTTP_HOST", "127.0.0.1").replace("*", "localhost");
    private final int port = Integer.parseInt(setting("HOLDFAST_HTTP_PORT", "9080"));

    /** The address for somebody on this machine; empty while nothing answers there. */
    public Optional<String> open() {
        if (isOff()) {
            return Optional.empty();
        }
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return Optional.of("http://%s:%d".formatted(host, port));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** -1: there may be HTTPS, but not HTTP. */
    public boolean isOff() {
        return port <= 0;
    }

    private static String setting(String name, String standard) {
        return ConfigProvider.getConfig().getOptionalValue(name, String.class).orElse(standard);
    }
}
