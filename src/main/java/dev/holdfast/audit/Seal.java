package dev.holdfast.audit;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * One link of a tenant's chain. Its hash stands for all events up to it: whoever has kept the hash of one seal can tell
 * whether anything before it was changed.
 *
 * @param number from 1, without gaps
 * @param minute in which its first event happened; late ones of minutes before may be among the others
 * @param count of its events
 * @param root of the Merkle tree over its leaves, as are all hashes in hexadecimal digits
 * @param leaves see {@link Leaf}
 * @param previous the hash of the seal before; zeros in the first
 */
@JsonPropertyOrder({
    "tenantId",
    "number",
    "minute",
    "firstTransaction",
    "lastTransaction",
    "count",
    "root",
    "previous",
    "hash",
    "leaves"
})
record Seal(
        UUID tenantId,
        long number,
        Instant minute,
        long firstTransaction,
        long lastTransaction,
        int count,
        String root,
        String previous,
        String hash,
        byte[] leaves) {
    static final String NONE_BEFORE = "0".repeat(64);

    /** The seal that follows, over these leaves. @param before null for the first */
    static Seal next(UUID tenant, Seal before, Instant minute, long first, long last, List<Leaf> leaves) {
        var seal = new Seal(
                tenant,
                before == null ? 1 : before.number + 1,
                minute,
                first,
                last,
                leaves.size(),
                HexFormat.of().formatHex(root(leaves)),
                before == null ? NONE_BEFORE : before.hash,
                null,
                Leaf.written(leaves));
        return seal.withHash(seal.expectedHash());
    }

    boolean follows(Seal before) {
        return number == before.number + 1 && previous.equals(before.hash);
    }

    /** Whether it says of itself what is so. */
    boolean isSound() {
        var all = Leaf.all(leaves);
        return count == all.size()
                && root.equals(HexFormat.of().formatHex(root(all)))
                && hash.equals(expectedHash())
                && (number > 1 || previous.equals(NONE_BEFORE));
    }

    List<Leaf> all() {
        return Leaf.all(leaves);
    }

    private Seal withHash(String made) {
        return new Seal(
                tenantId, number, minute, firstTransaction, lastTransaction, count, root, previous, made, leaves);
    }

    private String expectedHash() {
        var content = ByteBuffer.allocate(16 + 4 * Long.BYTES + Integer.BYTES + 64)
                .putLong(tenantId.getMostSignificantBits())
                .putLong(tenantId.getLeastSignificantBits())
                .putLong(number)
                .putLong(minute.getEpochSecond())
                .putLong(firstTransaction)
                .putLong(lastTransaction)
                .putInt(count)
                .put(HexFormat.of().parseHex(root))
                .put(HexFormat.of().parseHex(previous));
        return HexFormat.of().formatHex(Merkle.seal(content.array()));
    }

    private static byte[] root(List<Leaf> leaves) {
        return Merkle.root(leaves.stream().map(Leaf::bytes).toList());
    }
}
