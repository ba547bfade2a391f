package dev.holdfast.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.platform.json.Canonical;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * What a seal holds of an event: which it is, and the SHA-256 of its canonical form.
 *
 * @param timeline the run, or the tenant for one of its own
 */
record Leaf(UUID timeline, int number, byte[] digest) {
    static final int BYTES = 52;

    private static final int DIGEST_BYTES = 32;

    /** What is sealed of an event: its members that {@code GET /events} shows, and those that may come to be shown later not. */
    private static final List<String> SEALED = List.of(
            "id",
            "runId",
            "type",
            "at",
            "actor",
            "from",
            "to",
            "fence",
            "reason",
            "data",
            "correlationId",
            "transaction");

    /**
     * @param event as {@code GET /events} shows it
     * @throws IllegalArgumentException if it is none
     */
    static Leaf of(UUID tenant, JsonNode event) {
        var timeline = event.has("runId") ? UUID.fromString(event.get("runId").asText()) : tenant;
        var sealed = ((ObjectNode) event).deepCopy().retain(SEALED);
        return new Leaf(timeline, Integer.parseInt(event.path("id").asText()), Canonical.exactDigest(sealed));
    }

    /** @throws IllegalArgumentException if they are no whole number of leaves */
    static List<Leaf> all(byte[] bytes) {
        if (bytes.length == 0 || bytes.length % BYTES != 0) {
            throw new IllegalArgumentException(bytes.length + " bytes are no leaves");
        }
        return IntStream.range(0, bytes.length / BYTES)
                .mapToObj(i -> read(ByteBuffer.wrap(bytes, i * BYTES, BYTES)))
                .toList();
    }

    static byte[] written(List<Leaf> leaves) {
        var bytes = ByteBuffer.allocate(leaves.size() * BYTES);
        leaves.forEach(leaf -> bytes.put(leaf.bytes()));
        return bytes.array();
    }

    byte[] bytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(timeline.getMostSignificantBits())
                .putLong(timeline.getLeastSignificantBits())
                .putInt(number)
                .put(digest)
                .array();
    }

    private static Leaf read(ByteBuffer bytes) {
        var timeline = new UUID(bytes.getLong(), bytes.getLong());
        int number = bytes.getInt();
        var digest = new byte[DIGEST_BYTES];
        bytes.get(digest);
        return new Leaf(timeline, number, digest);
    }
}
