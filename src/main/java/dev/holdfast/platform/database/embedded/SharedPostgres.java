package dev.holdfast.platform.database.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.sql.PooledConnection;
import org.postgresql.ds.PGPooledConnection;
import org.postgresql.util.PSQLState;

/** One embedded PostgreSQL of this JVM, and the connections that the JVM's pools hold to it. */
final class SharedPostgres {
    private static final Map<Path, SharedPostgres> BY_DIRECTORY = new ConcurrentHashMap<>();

    /** Liberty gives requests in flight this long at a stop; the database has to outlive them. */
    private static final Duration QUIESCE = Duration.ofSeconds(30);

    private final Path directory;
    private final Set<PooledConnection> lent = ConcurrentHashMap.newKeySet();
    private EmbeddedPostgres postgres;
    private boolean stopped;

    private SharedPostgres(Path directory) {
        this.directory = directory;
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopAfterLastConnection, "stop-embedded-postgres"));
    }

    static SharedPostgres in(Path directory) {
        return BY_DIRECTORY.computeIfAbsent(directory.toAbsolutePath().normalize(), SharedPostgres::new);
    }

    synchronized EmbeddedPostgres running() throws SQLException {
        if (stopped) {
            throw refused("The server is stopping, and its embedded PostgreSQL has stopped.", null);
        }
        try {
            if (postgres == null) {
                postgres = EmbeddedPostgres.start(directory);
            } else if (!postgres.isRunning()) {
                postgres.restart();
            }
            return postgres;
        } catch (IOException e) {
            throw refused(e.getMessage(), e);
        }
    }

    PooledConnection lend(Connection connection, boolean autoCommit) {
        PooledConnection pooled = new PGPooledConnection(connection, autoCommit) {
            @Override
            public void close() throws SQLException {
                lent.remove(this);
                super.close();
            }
        };
        lent.add(pooled);
        return pooled;
    }

    /** Runs beside Liberty's own shutdown hook: the last requests end first, then the database under them. */
    private void stopAfterLastConnection() {
        long deadline = System.nanoTime() + QUIESCE.toNanos();
        try {
            while (!lent.isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            stopped = true;
            if (postgres != null) {
                postgres.stop();
            }
        }
    }

    private static SQLException refused(String why, Exception cause) {
        return new SQLException(why, PSQLState.CONNECTION_UNABLE_TO_CONNECT.getState(), cause);
    }
}
