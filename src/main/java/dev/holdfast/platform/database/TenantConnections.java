package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import javax.sql.DataSource;

/**
 * Connections that see the rows of one tenant. Each use says whose, which costs a round trip: what a connection was told
 * before is not relied upon, since a pool does not show whether it is the same, and a rollback takes it back.
 */
@ApplicationScoped
class TenantConnections {
    private static final String FOR_SESSION = "select set_config('holdfast.tenant', ?, false)";
    private static final String FOR_TRANSACTION = "select set_config('holdfast.tenant', ?, true)";
    private static final String FOR_BRIEF_TRANSACTION = FOR_TRANSACTION + ", set_config('lock_timeout', '250ms', true)";

    @Resource(lookup = "jdbc/holdfast")
    DataSource source;

    // Given back at once: a connection that is shared stays with the request to its end, through all its waits.
    @Resource(lookup = "jdbc/holdfast", shareable = false)
    DataSource sourceForAStatement;

    @Resource(lookup = "jdbc/holdfastVital", shareable = false)
    DataSource vital;

    @Resource(lookup = "java:comp/TransactionSynchronizationRegistry")
    TransactionSynchronizationRegistry transaction;

    /** @return a connection to be closed by the caller */
    public Connection connection(UUID tenant) throws SQLException {
        return isInTransaction()
                ? shown(source, tenant, FOR_TRANSACTION, false)
                : shown(sourceForAStatement, tenant, FOR_SESSION, true);
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
        return shown(vital, tenant, FOR_SESSION, true);
    }

    /** In a transaction of its own, to be committed by the caller, which gives up at a lock after a quarter of a second. */
    public Connection briefConnection(UUID tenant) throws SQLException {
        return shown(sourceForAStatement, tenant, FOR_BRIEF_TRANSACTION, true);
    }

    /** Like {@link #briefConnection}, of those for heartbeats and the ends of claims. */
    public Connection briefVitalConnection(UUID tenant) throws SQLException {
        return shown(vital, tenant, FOR_BRIEF_TRANSACTION, true);
    }

    public boolean isInTransaction() {
        return transaction.getTransactionStatus() != Status.STATUS_NO_TRANSACTION;
    }

    /** @param again a connection that died in its pool shows it here, where nothing else has been said yet */
    private static Connection shown(DataSource pool, UUID tenant, String sql, boolean again) throws SQLException {
        var connection = pool.getConnection();
        try {
            show(connection, tenant, sql);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            if (again && e instanceof SQLException cut && ExpectedErrors.isCutOff(cut)) {
                return shown(pool, tenant, sql, false);
            }
            throw e;
        }
    }

    private static void show(Connection connection, UUID tenant, String sql) throws SQLException {
        if (sql.equals(FOR_BRIEF_TRANSACTION)) {
            connection.setAutoCommit(false);
        }
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, tenant.toString());
            statement.execute();
        }
    }
}
