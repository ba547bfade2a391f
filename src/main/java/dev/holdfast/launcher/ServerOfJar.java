package dev.holdfast.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/** A whole Liberty with Holdfast in it, in the entries {@code wlp/…} of a jar. */
record ServerOfJar(Path jar) {
    private static final String ENTRIES = "wlp/";

    /** Of the jar that is running. */
    static ServerOfJar own() {
        try {
            return new ServerOfJar(Path.of(ServerOfJar.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where the server is; it is unpacked anew if what lies there is none, not whole, or another jar's. */
    Path unpackedIn(Path directory) throws IOException {
        var mark = directory.resolve("unpacked");
        var jarNow = jar.toRealPath() + " of " + Files.size(jar) + " bytes, " + Files.getLastModifiedTime(jar);
        if (!Files.exists(mark) || !Files.readString(mark).equals(jarNow)) {
            System.out.println("HLDF0113I: Unpacking the server into " + directory);
            delete(directory);
            Files.createDirectories(directory);
            unpack(directory);
            Files.writeString(mark, jarNow); // last, so that a server with it is a whole one
        }
        return directory.resolve(ENTRIES);
    }

    private void unpack(Path directory) throws IOException {
        try (var entries = new JarFile(jar.toFile())) {
            for (var entry : (Iterable<JarEntry>) entries.stream()::iterator) {
                var file = directory.resolve(entry.getName()).normalize();
                if (!entry.getName().startsWith(ENTRIES) || entry.isDirectory() || !file.startsWith(directory)) {
                    continue;
                }
                Files.createDirectories(file.getParent());
                try (var content = entries.getInputStream(entry)) {
                    Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
                }
                if (entry.getName().matches(ENTRIES + "bin/[^/.]+")) {
                    file.toFile().setExecutable(true);
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (var files = Files.walk(tree)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
