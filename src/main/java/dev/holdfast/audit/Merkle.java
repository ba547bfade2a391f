package dev.holdfast.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** The tree of RFC 6962: leaves, nodes and, here, seals are hashed with different first bytes, so that none passes for another. */
final class Merkle {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;
    private static final byte SEAL = 2;

    private Merkle() {}

    /** @param leaves at least one */
    static byte[] root(List<byte[]> leaves) {
        if (leaves.size() == 1) {
            return sha256(LEAF, leaves.get(0));
        }
        int split = Integer.highestOneBit(leaves.size() - 1); // the greatest power of two that leaves something over
        return sha256(NODE, root(leaves.subList(0, split)), root(leaves.subList(split, leaves.size())));
    }

    static byte[] seal(byte[] content) {
        return sha256(SEAL, content);
    }

    private static byte[] sha256(byte kind, byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(kind);
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
