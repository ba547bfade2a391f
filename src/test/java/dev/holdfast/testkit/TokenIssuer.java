package dev.holdfast.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** An identity provider, as far as it signs tokens with RS256 and publishes the key to check them by. */
public final class TokenIssuer {
    private static final String KEY_ID = "key-of-a-test";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final KeyPair keys;
    private final HttpServer server;

    private TokenIssuer() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            keys = generator.generateKeyPair();
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/keys", exchange -> {
            var published = keys().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, published.length);
            exchange.getResponseBody().write(published);
            exchange.close();
        });
    }

    /** One that answers until the test run ends. */
    public static TokenIssuer started() {
        var issuer = new TokenIssuer();
        issuer.server.start();
        TestRun.atEnd(() -> issuer.server.stop(0));
        return issuer;
    }

    /** Where its keys are. */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/keys");
    }

    /** A token of these claims, signed. */
    public String token(Map<String, ?> claims) {
        var signed = encoded(Map.of("alg", "RS256", "typ", "JWT", "kid", KEY_ID)) + "." + encoded(claims);
        try {
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(keys.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token of these claims that says of itself that it needs no signature. */
    public static String unsigned(Map<String, ?> claims) {
        return encoded(Map.of("alg", "none", "typ", "JWT")) + "." + encoded(claims) + "." + base64(new byte[256]);
    }

    private String keys() {
        var key = (RSAPublicKey) keys.getPublic();
        return json(Map.of(
                "keys",
                List.of(Map.of(
                        "kty",
                        "RSA",
                        "use",
                        "sig",
                        "alg",
                        "RS256",
                        "kid",
                        KEY_ID,
                        "n",
                        base64(key.getModulus().toByteArray()),
                        "e",
                        base64(key.getPublicExponent().toByteArray())))));
    }

    private static String encoded(Map<String, ?> part) {
        return base64(json(part).getBytes(StandardCharsets.UTF_8));
    }

    private static String json(Map<String, ?> members) {
        try {
            return JSON.writeValueAsString(members);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
