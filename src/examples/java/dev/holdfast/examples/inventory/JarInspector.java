package dev.holdfast.examples.inventory;

import dev.holdfast.client.PermanentFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipException;

/** Reads one JAR of a local Maven repository from end to end. */
final class JarInspector {
    private static final int CLASS_FILE_MAGIC = 0xCAFEBABE;
    private static final int LICENCE_BYTES = 8192;

    private final Path repository;
    private final PublishedLicence published;

    JarInspector(Path repository) {
        this.repository = repository.toAbsolutePath().normalize();
        this.published = new PublishedLicence(this.repository);
    }

    /**
     * Inspects the JAR at this path below the repository.
     *
     * @throws PermanentFailure {@code not_in_repository}, {@code jar_missing} or {@code not_a_jar}
     * @throws IOException if it cannot be read now
     */
    JarFacts inspect(String path) throws IOException, PermanentFailure {
        Path jar = located(path);
        try (JarFile opened = new JarFile(jar.toFile(), false)) {
            return facts(path, jar, opened);
        } catch (ZipException | SecurityException e) {
            throw new PermanentFailure("not_a_jar", path + " cannot be read as a JAR: " + e.getMessage());
        }
    }

    private Path located(String path) throws PermanentFailure {
        Path jar = repository.resolve(path).normalize();
        if (!jar.startsWith(repository)) {
            throw new PermanentFailure("not_in_repository", path + " leads out of the repository");
        }
        if (!Files.isRegularFile(jar)) {
            throw new PermanentFailure("jar_missing", path + " is not in the repository (any more)");
        }
        return jar;
    }

    private JarFacts facts(String path, Path file, JarFile jar) throws IOException {
        List<JarEntry> entries = jar.stream().toList();
        Optional<Manifest> manifest = Optional.ofNullable(jar.getManifest());
        ClassFiles classFiles = classFiles(jar, entries);
        Licence licence = licence(jar, entries, manifest, file).orElse(new Licence(null, null));
        return new JarFacts(
                path,
                Files.size(file),
                sha256(file),
                entries.size(),
                manifest.map(JarInspector::attributes).orElseGet(Map::of),
                manifest.map(m -> m.getMainAttributes().getValue(Attributes.Name.MULTI_RELEASE))
                        .filter("true"::equalsIgnoreCase)
                        .isPresent(),
                List.copyOf(classFiles.packages()),
                classFiles.count(),
                classFiles.highest(),
                licence.name(),
                licence.source());
    }

    private static String sha256(Path file) throws IOException {
        try (DigestInputStream in =
                new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(in.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static Map<String, String> attributes(Manifest manifest) {
        Map<String, String> worthKnowing = new TreeMap<>();
        manifest.getMainAttributes().forEach((name, value) -> {
            if (isWorthKnowing(name.toString())) {
                worthKnowing.put(name.toString(), value.toString());
            }
        });
        return worthKnowing;
    }

    private static boolean isWorthKnowing(String name) {
        return name.startsWith("Implementation-")
                || name.equals("Automatic-Module-Name")
                || name.equals("Multi-Release")
                || List.of(
                                "Bundle-Name",
                                "Bundle-SymbolicName",
                                "Bundle-Version",
                                "Bundle-Vendor",
                                "Bundle-License",
                                "Bundle-RequiredExecutionEnvironment")
                        .contains(name);
    }

    private record ClassFiles(int count, Integer highest, SortedSet<String> packages) {}

    private static ClassFiles classFiles(JarFile jar, List<JarEntry> entries) throws IOException {
        SortedSet<String> packages = new TreeSet<>();
        int count = 0;
        int highest = 0;
        for (JarEntry entry : entries) {
            if (!entry.isDirectory() && entry.getName().endsWith(".class")) {
                count++;
                int version = version(jar, entry);
                // module-info and META-INF/versions are passed over by a Java that is too old for them.
                if (!entry.getName().startsWith("META-INF/") && !entry.getName().endsWith("module-info.class")) {
                    packages.add(packageOf(entry.getName()));
                    highest = Math.max(highest, version);
                }
            }
        }
        packages.remove("");
        return new ClassFiles(count, highest == 0 ? null : highest, packages);
    }

    private static String packageOf(String entry) {
        return entry.substring(0, Math.max(0, entry.lastIndexOf('/'))).replace('/', '.');
    }

    /** The major version; 0 for a file that is called class but is none. */
    private static int version(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            byte[] head = in.readNBytes(8);
            boolean isClass = head.length == 8 && ByteBuffer.wrap(head).getInt() == CLASS_FILE_MAGIC;
            return isClass ? ByteBuffer.wrap(head).getShort(6) & 0xFFFF : 0;
        }
    }

    private record Licence(String name, String source) {}

    /** Where one is recognised first: the JAR's own text, its manifest, its POM; else the words of the last two as they are. */
    private Optional<Licence> licence(JarFile jar, List<JarEntry> entries, Optional<Manifest> manifest, Path file)
            throws IOException {
        Optional<Licence> text = licenceText(jar, entries);
        if (text.isPresent()) {
            return text;
        }
        List<Licence> said = new ArrayList<>();
        manifest.map(m -> m.getMainAttributes().getValue("Bundle-License"))
                .ifPresent(words -> said.add(new Licence(words, "Bundle-License")));
        published.of(file).ifPresent(words -> said.add(new Licence(words, "pom")));
        return said.stream()
                .flatMap(l -> Licences.recognised(l.name()).map(spdx -> new Licence(spdx, l.source())).stream())
                .findFirst()
                .or(() -> said.stream().findFirst());
    }

    private static Optional<Licence> licenceText(JarFile jar, List<JarEntry> entries) throws IOException {
        for (JarEntry entry : entries) {
            if (!entry.isDirectory() && isLicence(entry.getName())) {
                try (InputStream in = jar.getInputStream(entry)) {
                    String text = new String(in.readNBytes(LICENCE_BYTES), StandardCharsets.UTF_8);
                    Optional<Licence> licence =
                            Licences.recognised(text).map(spdx -> new Licence(spdx, entry.getName()));
                    if (licence.isPresent()) {
                        return licence;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isLicence(String entry) {
        return entry.matches("(?i)META-INF/LICEN[SC]E[^/]*");
    }
}
