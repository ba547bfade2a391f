package dev.holdfast.examples.inventory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the JARs of a local Maven repository. */
final class JarFinder {
    private JarFinder() {}

    /** Their paths below the repository, with slashes, in order; at most {@code limit}. */
    static List<String> jarsIn(Path repository, int limit) throws IOException {
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(file -> file.toString().endsWith(".jar") && Files.isRegularFile(file))
                    .map(file -> repository.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .limit(limit)
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
