package dev.holdfast.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What deliveries are signed with, by the rules of Standard Webhooks. */
record Secret(byte[] key) {
    private static final String PREFIX = "whsec_";
    private static final String ALGORITHM = "HmacSHA256";
    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    static Secret make() {
        var key = new byte[BYTES];
        RANDOM.nextBytes(key);
        return new Secret(key);
    }

    /** As its receiver is given it, once. */
    String shown() {
        return PREFIX + Base64.getEncoder().encodeToString(key);
    }

    /** @param seconds since 1970 @param secrets of which any is good @return the header's value */
    static String sign(List<Secret> secrets, String id, long seconds, String body) {
        var signed = (id + "." + seconds + "." + body).getBytes(StandardCharsets.UTF_8);
        return secrets.stream()
                .map(secret -> "v1," + Base64.getEncoder().encodeToString(secret.mac(signed)))
                .collect(Collectors.joining(" "));
    }

    private byte[] mac(byte[] signed) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(signed);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }

    @Override
    public String toString() {
        return "a secret"; // and no more, wherever it ends up
    }
}
