package dev.holdfast.console;

import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.UUID;

/** A person who is logged in with one browser. @param secret that the browser's cookie holds, and nothing else does @param now the database's */
record Session(UUID id, String secret, Caller caller, Instant now) {

    /** What a form has to bring along: of no use to open a page, and nobody without the cookie can make it. */
    String token() {
        return HexFormat.of().formatHex(KeyFormat.hashOfSecret("form " + secret));
    }

    boolean hasToken(String given) {
        return given != null
                && MessageDigest.isEqual(
                        token().getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }
}
