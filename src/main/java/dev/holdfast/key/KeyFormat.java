package dev.holdfast.key;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * How keys look: a prefix that says what kind it is, the run's id in a run key, 32 random bytes in base62, and a
 * checksum, so that a mistyped or cut key is refused without asking the database.
 *
 * <p>Form: {@code (hft_|hfs_)[0-9A-Za-z]{49}} and {@code hfr_[0-9a-f]{32}[0-9A-Za-z]{49}}.
 */
public final class KeyFormat {
    public static final String TENANT = "hft_";
    public static final String SYSTEM = "hfs_";
    public static final String RUN = "hfr_";

    /** No key has more characters, whoever chose it. */
    static final int LONGEST = 200;

    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final BigInteger BASE = BigInteger.valueOf(ALPHABET.length());
    private static final int SECRET_CHARS = 43; // 256 bits in base62
    private static final int CHECKSUM_CHARS = 6; // 32 bits in base62
    private static final int RUN_ID_CHARS = 32;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern OURS = Pattern.compile("hf[tsr]_.*");
    private static final Pattern PLAIN = Pattern.compile("[\\x21-\\x7e]{32," + LONGEST + "}");

    private KeyFormat() {}

    /** A new key of a kind: {@link #TENANT} or {@link #SYSTEM}. */
    public static String issue(String kind) {
        return sealed(kind + secret());
    }

    /** 32 random bytes in base62: the part of a run key that is known before the run is. */
    public static String secret() {
        var bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return base62(new BigInteger(1, bytes), SECRET_CHARS);
    }

    /** The run key that a secret makes for a run. */
    public static String runKey(UUID run, String secret) {
        return sealed(RUN + hex(run) + secret);
    }

    /** What is stored of a run key: the hash of its secret part, since the claim that stores it also chooses the run. */
    public static byte[] hashOfSecret(String secret) {
        return sha256(secret);
    }

    /** What is stored of a tenant or system key. */
    public static byte[] hash(String key) {
        return sha256(key);
    }

    /** Whether the text can be a key at all: of our form with its checksum right, or chosen by an administrator. */
    static boolean plausible(String key) {
        if (!OURS.matcher(key).matches()) {
            return PLAIN.matcher(key).matches();
        }
        int body = (key.startsWith(RUN) ? RUN_ID_CHARS : 0) + SECRET_CHARS;
        if (key.length() != 4 + body + CHECKSUM_CHARS || !isAlphanumeric(key, 4)) {
            return false;
        }
        var unsealed = key.substring(0, 4 + body);
        return key.equals(sealed(unsealed)) && (!key.startsWith(RUN) || isHex(key.substring(4, 4 + RUN_ID_CHARS)));
    }

    static boolean isRunKey(String key) {
        return key.startsWith(RUN);
    }

    /** @param key a {@linkplain #plausible plausible} run key */
    static UUID runOf(String key) {
        var id = key.substring(4, 4 + RUN_ID_CHARS);
        return new UUID(HexFormat.fromHexDigitsToLong(id, 0, 16), HexFormat.fromHexDigitsToLong(id, 16, 32));
    }

    /** @param key a {@linkplain #plausible plausible} run key */
    static String secretOf(String key) {
        return key.substring(4 + RUN_ID_CHARS, key.length() - CHECKSUM_CHARS);
    }

    /** What may be shown of a key. */
    public static String prefix(String key) {
        return key.substring(0, OURS.matcher(key).matches() ? 10 : 4);
    }

    private static String sealed(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.US_ASCII));
        return text + base62(BigInteger.valueOf(crc.getValue()), CHECKSUM_CHARS);
    }

    private static String base62(BigInteger number, int width) {
        var digits = new char[width];
        for (int i = width - 1; i >= 0; i--) {
            var parts = number.divideAndRemainder(BASE);
            digits[i] = ALPHABET.charAt(parts[1].intValue());
            number = parts[0];
        }
        return new String(digits);
    }

    private static boolean isAlphanumeric(String text, int from) {
        return text.chars().skip(from).allMatch(c -> ALPHABET.indexOf(c) >= 0);
    }

    private static boolean isHex(String text) {
        return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    private static String hex(UUID id) {
        return HexFormat.of().toHexDigits(id.getMostSignificantBits())
                + HexFormat.of().toHexDigits(id.getLeastSignificantBits());
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
