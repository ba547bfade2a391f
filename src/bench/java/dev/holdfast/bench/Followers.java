package dev.holdfast.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** Many readers of a tenant's live stream, each by a connection of its own, who all see each run that is submitted. */
final class Followers implements AutoCloseable {
    private static final Pattern SUBMITTED = Pattern.compile("^data:.*\"runId\":\"([^\"]+)\",\"type\":\"submitted\"");
    private static final int PATIENCE = 30;

    private final List<Socket> sockets = new ArrayList<>();
    private final Map<String, CountDownLatch> seen = new ConcurrentHashMap<>();
    private final int count;
    private final CountDownLatch open;

    Followers(URI base, String key, String lane, int count) throws IOException, InterruptedException {
        this.count = count;
        open = new CountDownLatch(count);
        for (int i = 0; i < count; i++) {
            follow(new Socket(base.getHost(), base.getPort()), key, lane);
        }
        if (!open.await(PATIENCE, TimeUnit.SECONDS)) {
            throw new IOException(open.getCount() + " of " + count + " streams are not open");
        }
    }

    private void follow(Socket socket, String key, String lane) throws IOException {
        sockets.add(socket);
        var request = "GET /api/v1/events?lane=" + lane + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + key
                + "\r\nAccept: text/event-stream\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        var reader = new Thread(() -> read(lines), "follower");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(BufferedReader lines) {
        try {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("retry:")) {
                    open.countDown(); // nothing that comes from now on is missed
                }
                var submitted = SUBMITTED.matcher(line);
                if (submitted.find()) {
                    whoHasSeen(submitted.group(1)).countDown();
                }
            }
        } catch (IOException e) {
            if (!isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private boolean isClosed() {
        return sockets.stream().anyMatch(Socket::isClosed);
    }

    private CountDownLatch whoHasSeen(String run) {
        return seen.computeIfAbsent(run, first -> new CountDownLatch(count));
    }

    /** Waits until each of them has seen this run. */
    void await(String run) throws InterruptedException, TimeoutException {
        if (!whoHasSeen(run).await(PATIENCE, TimeUnit.SECONDS)) {
            throw new TimeoutException(whoHasSeen(run).getCount() + " of " + count + " have not seen " + run);
        }
        seen.remove(run);
    }

    @Override
    public void close() throws IOException {
        for (var socket : sockets) {
            socket.close();
        }
    }
}
