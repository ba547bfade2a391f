package dev.holdfast.platform.database.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** PostgreSQL for this kind of machine, unpacked from the jar on the class path. */
record PostgresBinaries(Path home, int majorVersion) {
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");

    /** Unpacks them under {@code parent}, once: the directory's name carries the checksum of the archive. */
    static PostgresBinaries unpackedIn(Path parent) throws IOException {
        String archive = archiveFor(
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Files.exists(Path.of("/etc/alpine-release")));
        Path home = parent.toAbsolutePath().resolve("binaries-" + checksum(archive));
        if (!Files.exists(home)) {
            Path fresh = Files.createDirectories(parent.resolve(
                    home.getFileName() + ".new" + ProcessHandle.current().pid()));
            try (InputStream packed = open(archive)) {
                TarXz.unpack(packed, fresh);
            }
            try {
                // Only a whole unpacking gets the name.
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException another) {
                DataDirectory.delete(fresh);
            }
        }
        String version = PostgresCommand.of(home.resolve("bin").resolve("postgres"))
                .arguments("--version")
                .run(Duration.ofSeconds(30))
                .orThrow("The PostgreSQL in " + home + " does not run on this machine");
        Matcher major = VERSION.matcher(version);
        if (!major.find()) {
            throw new IOException("The PostgreSQL in " + home + " tells no version: " + version);
        }
        return new PostgresBinaries(home, Integer.parseInt(major.group(1)));
    }

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    /** Those of earlier versions of Holdfast, and what a cut-off unpacking left. */
    void removeOthers() throws IOException {
        try (Stream<Path> siblings = Files.list(home.getParent())) {
            for (Path other : siblings.filter(
                            path -> path.getFileName().toString().startsWith("binaries-"))
                    .filter(path -> !path.equals(home))
                    .toList()) {
                DataDirectory.delete(other);
            }
        }
    }

    static String archiveFor(String osName, String osArch, boolean alpine) {
        String os = osName.toLowerCase(Locale.ROOT);
        String system = os.contains("linux") ? "linux" : os.contains("mac") ? "darwin" : "windows";
        String architecture =
                switch (osArch) {
                    case "aarch64", "arm64" -> "arm_64";
                    case "amd64", "x86_64" -> "x86_64";
                    default -> osArch;
                };
        return "postgres-" + system + "-" + architecture + (alpine ? "-alpine_linux" : "") + ".txz";
    }

    private static InputStream open(String archive) throws IOException {
        InputStream found = PostgresBinaries.class.getResourceAsStream("/" + archive);
        if (found == null) {
            throw new IOException("This Holdfast was built without an embedded PostgreSQL for this machine (" + archive
                    + " is missing). Build it here, or name an external PostgreSQL by HOLDFAST_DB_URL.");
        }
        return found;
    }

    /** Not SHA-256: of thirty megabytes it costs each start half a second, and nobody has to be deceived about one's own jar. */
    private static String checksum(String archive) throws IOException {
        try (var checked = new CheckedInputStream(open(archive), new CRC32())) {
            long length = checked.transferTo(OutputStream.nullOutputStream());
            return "%08x-%x".formatted(checked.getChecksum().getValue(), length);
        }
    }
}
