package dev.holdfast.client;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the environment says of where Holdfast is and with which key to come. */
record Surroundings(Map<String, String> variables) {
    HoldfastClient client() {
        return HoldfastClient.of(nodes(), key());
    }

    List<URI> nodes() {
        String[] urls =
                variables.getOrDefault("HOLDFAST_URL", "http://localhost:9080").split(",");
        return Stream.of(urls).map(String::strip).map(URI::create).toList();
    }

    String key() {
        String key = variables.get("HOLDFAST_KEY");
        if (key != null && !key.isBlank()) {
            return key.strip();
        }
        String file = variables.getOrDefault("HOLDFAST_KEY_FILE", ".holdfast/bootstrap.key");
        try {
            return Files.readString(Path.of(file)).strip();
        } catch (IOException | InvalidPathException e) {
            throw new NoKey(file, e);
        }
    }
}
