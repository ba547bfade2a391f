package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Connections that see the rows of one tenant. One is told whose when it served another before, which costs a round trip.
 * What it was told last is not remembered here, where a pool does not show whether it is the same, and a rollback takes it
 * back: it is a part of the connection's name, and PostgreSQL itself reports each change of that.
 */
@ApplicationScoped
class TenantConnections {
    private static final String NAME = "application_name";
    private static final String SERVES = " for ";

    /** PostgreSQL cuts names off after 63 bytes, of which the tenant's id needs 36. */
    private static final int LONGEST_OWN_NAME = 63 - SERVES.length() - 36;

    private static final String SHOW =
            "select set_config('holdfast.tenant', ?, %1$s), set_config('" + NAME + "', ?, %1$s)";
    private static final String FOR_SESSION = SHOW.formatted("false");
    private static final String FOR_TRANSACTION = SHOW.formatted("true");

    @Resource(lookup = "jdbc/holdfast")
    DataSource source;

    // Given back at once: a connection that is shared stays with the request to its end, through all its waits.
    @Resource(lookup = "jdbc/holdfast", shareable = false)
    DataSource sourceForAStatement;

    @Resource(lookup = "jdbc/holdfastVital", shareable = false)
    DataSource vital;

    @Resource(lookup = "java:comp/TransactionSynchronizationRegistry")
    TransactionSynchronizationRegistry transaction;

    private final Pulse pulse = new Pulse();
    private final Pulse vitalPulse = new Pulse();

    /** What is said on a connection before it is lent. */
    @FunctionalInterface
    private interface Preface {
        void say(Connection connection) throws SQLException;
    }

    /** When a pool's database was heard of last. */
    private static final class Pulse {
        /** Less than it takes a database to end and to come back. */
        private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

        private volatile long last = System.nanoTime() - FRESH_NANOS;

        boolean isFresh() {
            return System.nanoTime() - last < FRESH_NANOS;
        }

        void felt() {
            last = System.nanoTime();
        }
    }

    /** @return a connection to be closed by the caller */
    public Connection connection(UUID tenant) throws SQLException {
        return isInTransaction()
                ? lent(source, false, connection -> show(connection, tenant, FOR_TRANSACTION))
                : forAStatement(sourceForAStatement, tenant, pulse);
    }

    /**
     * One of the few that are kept for heartbeats and the ends of claims.
     *
     * @throws IllegalStateException within a transaction, which would then be one of two data sources
     */
    public Connection vitalConnection(UUID tenant) throws SQLException {
        if (isInTransaction()) {
            throw new IllegalStateException("a vital statement is one of its own, and in no transaction");
        }
        return forAStatement(vital, tenant, vitalPulse);
    }

    public boolean isInTransaction() {
        return transaction.getTransactionStatus() != Status.STATUS_NO_TRANSACTION;
    }

    /** Of a database that has not been heard of for a moment: else one that died in its pool would take a statement along. */
    private static Connection forAStatement(DataSource pool, UUID tenant, Pulse pulse) throws SQLException {
        return lent(pool, true, connection -> {
            boolean asked = show(connection, tenant, FOR_SESSION);
            if (!asked && !pulse.isFresh()) {
                say(connection, "select 1");
                asked = true;
            }
            if (asked) {
                pulse.felt();
            }
        });
    }

    /** @param again a connection that died in its pool shows it here, where nothing else has been said yet */
    private static Connection lent(DataSource pool, boolean again, Preface preface) throws SQLException {
        var connection = pool.getConnection();
        try {
            preface.say(connection);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            if (again && e instanceof SQLException cut && ExpectedErrors.isCutOff(cut)) {
                return lent(pool, false, preface);
            }
            throw e;
        }
    }

    /** @return whether there was need to say so; behind a pooler that keeps the name to itself there always is */
    private static boolean show(Connection connection, UUID tenant, String sql) throws SQLException {
        var name =
                Objects.requireNonNullElse(connection.unwrap(PGConnection.class).getParameterStatus(NAME), "");
        if (name.endsWith(SERVES + tenant)) {
            return false;
        }
        say(connection, sql, tenant.toString(), ownName(name) + SERVES + tenant);
        return true;
    }

    private static String ownName(String name) {
        int end = name.indexOf(SERVES);
        return name.substring(0, Math.min(end < 0 ? name.length() : end, LONGEST_OWN_NAME));
    }

    private static void say(Connection connection, String sql, String... arguments) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setString(i + 1, arguments[i]);
            }
            statement.execute();
        }
    }
}
