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

    @Resource(lookup = "jdbc/holdfast")
    DataSource source;

    /** @return a connection to be closed by the caller */
    Connection connection(UUID tenant) throws SQLException {
        var connection = source.getConnection();
        boolean alone = connection.getAutoCommit();
        try {
            return shown(connection, tenant);
        } catch (SQLException e) {
            if (!alone || !ExpectedErrors.isCutOff(e)) {
                throw e;
            }
        }
        // It had died in the pool, and nothing was said over it yet.
        return shown(source.getConnection(), tenant);
    }

    private static Connection shown(Connection connection, UUID tenant) throws SQLException {
        try {
            show(connection, tenant);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static void show(Connection connection, UUID tenant) throws SQLException {
        set(connection, connection.getAutoCommit() ? FOR_SESSION : FOR_TRANSACTION, tenant);
    }

    private static void set(Connection connection, String sql, UUID tenant) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, tenant.toString());
            statement.execute();
        }
    }
}
