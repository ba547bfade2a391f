package dev.holdfast.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * One kept connection of HTTP/1.1, no more than a bench needs: it shares the machine with what it measures, and the JDK's
 * client costs several times as much.
 */
final class HttpLine implements AutoCloseable {
    private static final int HEAD_END = 4;

    private final Socket socket;
    private final InputStream in;
    private byte[] buffer = new byte[1 << 14];
    private int filled;

    HttpLine(URI base) throws IOException {
        socket = new Socket(base.getHost(), base.getPort());
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
    }

    /** @return the body @throws IOException if it is answered by anything but 2xx */
    String get(String path, String key) throws IOException {
        return call("GET", path, key, "");
    }

    /** @return the body @throws IOException if it is answered by anything but 2xx */
    String post(String path, String key, String body) throws IOException {
        return call("POST", path, key, body);
    }

    private String call(String method, String path, String key, String body) throws IOException {
        var content = body.getBytes(StandardCharsets.UTF_8);
        var head = (method + " /api/v1" + path + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + key
                        + "\r\nContent-Type: application/json\r\nContent-Length: " + content.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        var request = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, request, head.length, content.length);
        socket.getOutputStream().write(request);
        return reply(path);
    }

    private String reply(String path) throws IOException {
        filled = 0;
        int end = headEnd();
        while (end < 0) {
            fill();
            end = headEnd();
        }
        var head = new String(buffer, 0, end, StandardCharsets.ISO_8859_1);
        int length = Integer.parseInt(header(head, "content-length"));
        while (filled < end + length) {
            fill();
        }
        var body = new String(buffer, end, length, StandardCharsets.UTF_8);
        if (head.charAt(9) != '2') {
            throw new IOException(path + " was answered " + head.substring(9, 12) + ": " + body);
        }
        return body;
    }

    private static String header(String head, String name) throws IOException {
        int at = head.toLowerCase(Locale.ROOT).indexOf("\r\n" + name + ":");
        if (at < 0) {
            throw new IOException("no " + name + " in " + head);
        }
        int from = at + name.length() + 3;
        return head.substring(from, head.indexOf('\r', from)).strip();
    }

    private int headEnd() {
        for (int i = HEAD_END; i <= filled; i++) {
            if (buffer[i - 1] == '\n' && buffer[i - 2] == '\r' && buffer[i - 3] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private void fill() throws IOException {
        if (filled == buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * filled);
        }
        int read = in.read(buffer, filled, buffer.length - filled);
        if (read < 0) {
            throw new EOFException("the connection was closed in the midst of a reply");
        }
        filled += read;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
