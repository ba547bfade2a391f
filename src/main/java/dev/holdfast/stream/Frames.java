package dev.holdfast.stream;

import dev.holdfast.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ThreadLocalRandom;

/** What a stream is made of, in the words of server-sent events. */
final class Frames {
    /** A line that clients skip: shows them, and whatever stands between, that the other side is there. */
    static final byte[] PING = bytes(": ping\n\n");

    /** The last of a run that has ended for good. */
    static final byte[] END = bytes("event: end\ndata: {}\n\n");

    private static final int SOONEST_MILLIS = 500;
    private static final int LATEST_MILLIS = 3_000;

    private Frames() {}

    /** Without a name of its own, so that a browser hands each of them to {@code onmessage}. */
    static byte[] event(String id, Object event) {
        // White space, in JSON; here a line's end would be the field's.
        var line = Json.write(event).replace('\n', ' ').replace('\r', ' ');
        return bytes("id: " + id + "\ndata: " + line + "\n\n");
    }

    /** An id without an event: where to go on, for a client to which nothing was of interest so far. */
    static byte[] place(String id) {
        return bytes("id: " + id + "\n\n");
    }

    /** When to come back, not all at the same instant. */
    static byte[] retry() {
        return bytes("retry: " + ThreadLocalRandom.current().nextInt(SOONEST_MILLIS, LATEST_MILLIS) + "\n\n");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
