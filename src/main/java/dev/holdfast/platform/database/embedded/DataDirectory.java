package dev.holdfast.platform.database.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The files of one embedded PostgreSQL, and the right to use them; the layout is told in package-info. */
final class DataDirectory {
    private static final Set<Path> OWNED_HERE = ConcurrentHashMap.newKeySet();
    private static final long LOG_LIMIT = 8L * 1024 * 1024;

    private final Path directory;
    private final FileChannel lockFile;

    private DataDirectory(Path directory, FileChannel lockFile) {
        this.directory = directory;
        this.lockFile = lockFile;
    }

    /** Takes the directory for this JVM; the kernel gives it free when the JVM dies, however that happens. */
    static DataDirectory own(Path wanted) throws IOException {
        Files.createDirectories(wanted);
        Path directory = wanted.toRealPath();
        ownerOnly(directory, "rwx------");
        // Asked before the file is opened: to close a second channel would set free the first one's lock.
        if (!OWNED_HERE.add(directory)) {
            throw inUse(directory);
        }
        FileChannel file = null;
        try {
            file = FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = file.tryLock();
            if (lock == null) {
                throw inUse(directory);
            }
            return new DataDirectory(directory, file);
        } catch (IOException e) {
            OWNED_HERE.remove(directory);
            if (file != null) {
                file.close();
            }
            throw e;
        }
    }

    boolean isOwned() {
        return lockFile.isOpen();
    }

    void disown() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            OWNED_HERE.remove(directory);
        }
    }

    Path data() {
        return directory.resolve("data");
    }

    boolean hasData() {
        return Files.exists(data());
    }

    /** An empty place for initdb. */
    Path freshData() throws IOException {
        Path fresh = directory.resolve("data.new");
        delete(fresh);
        return fresh;
    }

    void adoptFreshData() throws IOException {
        Files.move(directory.resolve("data.new"), data(), StandardCopyOption.ATOMIC_MOVE);
    }

    void refuseOtherMajor(int major) throws IOException {
        if (!hasData()) {
            return;
        }
        Path versionFile = data().resolve("PG_VERSION");
        if (!Files.exists(versionFile)) {
            throw new IOException(data() + " holds no PostgreSQL data (PG_VERSION is missing). Nothing was changed."
                    + " Name another HOLDFAST_DATA_DIR, or restore the directory.");
        }
        String found = Files.readString(versionFile).strip();
        if (!found.equals(Integer.toString(major))) {
            throw new IOException("The data in " + data() + " is of PostgreSQL " + found + ", and this Holdfast brings"
                    + " PostgreSQL " + major + ". Nothing was changed. Start the Holdfast that wrote it and move the"
                    + " data by pg_dump and pg_restore, or name another HOLDFAST_DATA_DIR.");
        }
    }

    Path passwordFile() {
        return directory.resolve("password");
    }

    /** Made once, before the cluster that asks for it. */
    String password() throws IOException {
        Path file = passwordFile();
        if (!Files.exists(file)) {
            if (hasData()) {
                throw new IOException("The password of the PostgreSQL data in " + data() + " is missing: restore "
                        + file + " from a backup, readable by its owner only.");
            }
            byte[] random = new byte[32];
            new SecureRandom().nextBytes(random);
            Path fresh = directory.resolve("password.new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh);
            ownerOnly(fresh, "rw-------");
            Files.writeString(fresh, HexFormat.of().formatHex(random), StandardOpenOption.SYNC);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file).strip();
    }

    Optional<Integer> lastPort() throws IOException {
        Path file = directory.resolve("port");
        String text = Files.exists(file) ? Files.readString(file).strip() : "";
        return text.matches("\\d{1,5}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }

    void rememberPort(int port) throws IOException {
        Files.writeString(directory.resolve("port"), Integer.toString(port));
    }

    /** Written at each start, so that this version's settings hold; ALTER SYSTEM writes another file and stays. */
    void writeConfiguration() throws IOException {
        try (InputStream settings = DataDirectory.class.getResourceAsStream("postgresql.conf")) {
            Files.copy(settings, data().resolve("postgresql.conf"), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    Path log() {
        return directory.resolve("postgresql.log");
    }

    /** The log, with an overlong one put aside: nothing but starts, stops and refusals are written to it. */
    Path rolledLog() throws IOException {
        if (Files.exists(log()) && Files.size(log()) > LOG_LIMIT) {
            Files.move(log(), directory.resolve("postgresql.log.1"), StandardCopyOption.REPLACE_EXISTING);
        }
        return log();
    }

    String lastOfLog() throws IOException {
        if (!Files.exists(log())) {
            return "";
        }
        List<String> lines = Files.readAllLines(log());
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
    }

    static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> found = Files.walk(tree)) {
            for (Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private static void ownerOnly(Path path, String permissions) throws IOException {
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    private static IOException inUse(Path directory) {
        return new IOException("Another Holdfast server is running on " + directory + ". Stop it first, or give each"
                + " its own HOLDFAST_DATA_DIR; nodes of one cluster share a PostgreSQL by HOLDFAST_DB_URL instead.");
    }
}
