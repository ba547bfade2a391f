package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Where a key goes that is shown once. The file is made first: a key that could be written nowhere would be lost. */
record Secret(Path file) {
    /** @param file null for the terminal */
    static Secret readyFor(String file) {
        if (file == null) {
            return new Secret(null);
        }
        try {
            var ownersAlone = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            return new Secret(Files.createFile(Path.of(file), ownersAlone));
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot make a new file " + file + ": " + e.getMessage(), e);
        }
    }

    void show(Cli cli, ObjectNode made) {
        String key = made.path("key").asText();
        if (file == null) {
            cli.say(made, key);
            return;
        }
        try {
            Files.writeString(file, key + System.lineSeparator());
        } catch (IOException e) {
            throw new IllegalArgumentException("Cannot write " + file + ": " + e.getMessage(), e);
        }
        made.remove("key");
        cli.say(made, made.path("id").asText() + " is in " + file);
    }
}
