package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.SocketFactory;

/** HTTP by hand, for requests that no client would send: whatever the bytes are, they go out as they stand. */
public final class Wire implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    private Wire(URI server, SocketFactory sockets) throws IOException {
        socket = sockets.createSocket(server.getHost(), server.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new java.io.BufferedInputStream(socket.getInputStream());
    }

    /** What came back; header names without regard to case. */
    public record Answer(int status, Map<String, String> headers, String body) {
        /** Null if the answer does not have it. */
        public String header(String name) {
            return headers.get(name);
        }

        public JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (JsonProcessingException e) {
                throw new AssertionError("no JSON: " + body, e);
            }
        }
    }

    /** A request as the wire has it; without a body its headers are ended when it is sent. */
    public static final class Request {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final String method;
        private boolean headersEnded;

        private Request(String method, String target) {
            this.method = method;
            raw(method + " " + target + " HTTP/1.1\r\nHost: holdfast\r\n");
        }

        /** A character is one byte here. */
        public Request header(String name, String value) {
            return raw(name + ": " + value + "\r\n");
        }

        public Request json(byte[] body) {
            return header("Content-Type", "application/json").body(body);
        }

        public Request json(String body) {
            return json(body.getBytes(StandardCharsets.UTF_8));
        }

        /** Its length announced. */
        public Request body(byte[] body) {
            header("Content-Length", Integer.toString(body.length))
                    .raw("\r\n")
                    .bytes
                    .writeBytes(body);
            headersEnded = true;
            return this;
        }

        /** Without a Content-Length, in pieces. */
        public Request chunked(byte[] body, int piece) {
            header("Content-Type", "application/json").header("Transfer-Encoding", "chunked");
            raw("\r\n").headersEnded = true;
            for (int at = 0; at < body.length; at += piece) {
                int length = Math.min(piece, body.length - at);
                raw(Integer.toHexString(length) + "\r\n").bytes.write(body, at, length);
                raw("\r\n");
            }
            return raw("0\r\n\r\n");
        }

        /** For what comes after the headers. */
        public Request endHeaders() {
            headersEnded = true;
            return raw("\r\n");
        }

        public Request raw(String latin) {
            bytes.writeBytes(latin.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        }
    }

    public static Request request(String method, String target) {
        return new Request(method, target);
    }

    public static Wire to(URI server) {
        return to(server, SocketFactory.getDefault());
    }

    private static Wire to(URI server, SocketFactory sockets) {
        try {
            return new Wire(server, sockets);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One request over a connection of its own. */
    public static Answer exchange(URI server, Request request) {
        return exchange(server, SocketFactory.getDefault(), request);
    }

    static Answer exchange(URI server, SocketFactory sockets, Request request) {
        try (var wire = to(server, sockets)) {
            return wire.send(request);
        }
    }

    /** One of several over this connection. */
    public Answer send(Request request) {
        write(request);
        return read(request.method.equals("HEAD"));
    }

    public void write(Request request) {
        if (!request.headersEnded) {
            request.endHeaders();
        }
        try {
            request.bytes.writeTo(socket.getOutputStream());
            socket.getOutputStream().flush();
        } catch (IOException e) {
            // The server may have answered and closed before it had all of a body that it refused.
            if (!socket.isConnected()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public Answer read(boolean withoutBody) {
        try {
            var status = Integer.parseInt(line().split(" ")[1]);
            var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
            for (var line = line(); !line.isEmpty(); line = line()) {
                headers.put(
                        line.substring(0, line.indexOf(':')),
                        line.substring(line.indexOf(':') + 1).strip());
            }
            if (status == 100) {
                return read(withoutBody);
            }
            return new Answer(status, headers, withoutBody || status == 304 || status == 204 ? "" : body(headers));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the server has closed its side. */
    public boolean isClosedByServer() {
        try {
            return in.read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String body(Map<String, String> headers) throws IOException {
        var body = new ByteArrayOutputStream();
        if (headers.containsKey("Content-Length")) {
            body.writeBytes(in.readNBytes(Integer.parseInt(headers.get("Content-Length"))));
        } else if ("chunked".equalsIgnoreCase(headers.get("Transfer-Encoding"))) {
            for (int size = Integer.parseInt(line().strip(), 16);
                    size > 0;
                    size = Integer.parseInt(line().strip(), 16)) {
                body.writeBytes(in.readNBytes(size));
                line();
            }
            line();
        } else {
            body.writeBytes(in.readAllBytes());
        }
        return body.toString(StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        List<Byte> bytes = new ArrayList<>();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the server closed the connection without an answer");
            }
            if (next != '\r') {
                bytes.add((byte) next);
            }
        }
        var line = new byte[bytes.size()];
        for (int i = 0; i < line.length; i++) {
            line[i] = bytes.get(i);
        }
        return new String(line, StandardCharsets.ISO_8859_1);
    }
}
