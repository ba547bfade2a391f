package dev.holdfast.key;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.event.Author;
import dev.holdfast.platform.Settings;
import dev.holdfast.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.UUID;

/** Makes the tenant {@code default} and its first key, so that somebody can get in. */
@ApplicationScoped
public class FirstKey {
    private static final String NAME = "administrator";

    // The tenant of a name is made once, whichever node is first; then its id is known to all.
    private static final String TENANT = """
            with made as (
                insert into tenants (id, name) values (?, 'default') on conflict (name) do nothing returning id)
            select id from made union all select id from tenants where name = 'default'""";

    private final Database database;
    private final ApiKeys keys;
    private final Settings settings;

    protected FirstKey() { // for the proxy
        this(null, null, null);
    }

    @Inject
    FirstKey(Database database, ApiKeys keys, Settings settings) {
        this.database = database;
        this.keys = keys;
        this.settings = settings;
    }

    /**
     * Puts the chosen key in force, or makes one if the tenant has none yet.
     *
     * @return the file in which a made key lies, if one lies there
     */
    public Optional<Path> ensure() {
        var tenant = tenant();
        if (settings.bootstrapKey().isPresent()) {
            var chosen = usable(settings.bootstrapKey().get());
            keys.add(tenant, UuidCreator.getTimeOrderedEpoch(), NAME, Scope.all(), null, chosen, Author.START);
            return Optional.empty();
        }
        var file = settings.bootstrapKeyFile().toAbsolutePath();
        if (!keys.hasAny(tenant)) {
            // The file first: a key that only the database knew after a crash would open nothing to anybody.
            // The tenant's own id for the key's: of nodes that start at once, one makes it.
            if (keys.add(tenant, tenant, NAME, Scope.all(), null, written(file), Author.START)
                    .isEmpty()) {
                deleted(file);
            }
        }
        return Optional.of(file).filter(Files::exists);
    }

    private UUID tenant() {
        for (; ; ) { // the loser of a race sees the winner's row in its second statement
            var tenant = database.everybody()
                    .one(TENANT, row -> row.getObject(1, UUID.class), UuidCreator.getTimeOrderedEpoch());
            if (tenant.isPresent()) {
                return tenant.get();
            }
        }
    }

    private static String usable(String chosen) {
        if (!KeyFormat.plausible(chosen) || KeyFormat.isRunKey(chosen)) {
            throw new IllegalStateException(
                    "HLDF0103E: Holdfast does not start with these settings: holdfast.bootstrap.key (not shown):"
                            + " begins like a key of Holdfast's own making, but its checksum is wrong");
        }
        return chosen;
    }

    private static void deleted(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file + ", which holds a key that opens nothing", e);
        }
    }

    private static String written(Path file) {
        try {
            if (Files.exists(file)) { // of a start that ended before the database knew the key
                return Files.readString(file).strip();
            }
            Files.createDirectories(file.getParent());
            var ownerOnly = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
            Files.createFile(file, ownerOnly);
            var key = KeyFormat.issue(KeyFormat.SYSTEM);
            Files.writeString(file, key + "\n", StandardOpenOption.WRITE);
            return key;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the first key to " + file, e);
        }
    }
}
