package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
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

    // Given back at once: a connection that can be shared stays with the request to its end, through all its waits.
    @Resource(lookup = "jdbc/holdfast", shareable = false)
    DataSource sourceForAStatement;

    /** @param alone whether there is no transaction to take part in @return a connection to be closed by the caller */
    Connection connection(UUID tenant, boolean alone) throws SQLException {
        return alone
                ? shown(sourceForAStatement.getConnection(), tenant, FOR_SESSION)
                : shown(source.getConnection(), tenant, FOR_TRANSACTION);
    }

    /** A transaction that gives up at a lock after a quarter of a second. @return a connection to be closed by the caller */
    Connection briefConnection(UUID tenant) throws SQLException {
        var connection = sourceForAStatement.getConnection();
        connection.setAutoCommit(false);
        return shown(connection, tenant, FOR_BRIEF_TRANSACTION);
    }

    private static Connection shown(Connection connection, UUID tenant, String sql) throws SQLException {
        try {
            set(connection, sql, tenant);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static void set(Connection connection, String sql, UUID tenant) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, tenant.toString());
            statement.execute();
        }
    }
}
