package dev.holdfast.console;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Styles, scripts and the icon. Their address tells what is in them, so that a browser keeps them for ever. */
@ApplicationScoped
class Assets {
    private static final Map<String, String> TYPES =
            Map.of("css", "text/css; charset=UTF-8", "js", "text/javascript; charset=UTF-8", "svg", "image/svg+xml");

    private static final String[] FILES = {"console.css", "console.js", "icon.svg", "keys.js", "live.js", "times.js"};

    private final Map<String, byte[]> files = new TreeMap<>();
    private final String version;

    Assets() {
        for (var name : FILES) {
            files.put(name, read("static/" + name));
        }
        version = HexFormat.of().formatHex(digest(), 0, 8);
    }

    /** Where they are, below {@code /console}. */
    String base() {
        return "/static/" + version;
    }

    /** @param path below {@code /console} @return whether there is such a file */
    boolean send(String path, HttpServletResponse response) throws IOException {
        var file = files.get(path.substring(path.lastIndexOf('/') + 1));
        if (file == null || !path.startsWith(base() + "/")) {
            return false;
        }
        response.setContentType(TYPES.get(path.substring(path.lastIndexOf('.') + 1)));
        response.setHeader("Cache-Control", "public, max-age=31536000, immutable");
        response.setContentLength(file.length);
        response.getOutputStream().write(file);
        return true;
    }

    /** @param name beside this class */
    static byte[] read(String name) {
        try (var in = Assets.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the console lacks its " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] digest() {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            files.values().forEach(sha::update);
            return sha.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
