package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.UUID;
import java.util.WeakHashMap;
import javax.sql.DataSource;
import org.postgresql.PGConnection;

/**
 * Connections that see the rows of one tenant. A connection keeps its tenant, so that only who takes it over from another
 * tenant pays a round trip; in a transaction it is said for that transaction alone, as a rollback would take it back.
 */
@ApplicationScoped
class TenantConnections {
    private static final String FOR_SESSION = "select set_config('holdfast.tenant', ?, false)";
    private static final String FOR_TRANSACTION = "select set_config('holdfast.tenant', ?, true)";

    private final Map<PGConnection, UUID> tenants = Collections.synchronizedMap(new WeakHashMap<>());

    @Resource(lookup = "jdbc/holdfast")
    DataSource source;

    /** @return a connection to be closed by the caller */
    Connection connection(UUID tenant) throws SQLException {
        var connection = source.getConnection();
        try {
            show(connection, tenant);
            return connection;
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void show(Connection connection, UUID tenant) throws SQLException {
        if (!connection.getAutoCommit()) {
            set(connection, FOR_TRANSACTION, tenant);
            return;
        }
        var session = connection.unwrap(PGConnection.class);
        if (!tenant.equals(tenants.get(session))) {
            tenants.remove(session);
            set(connection, FOR_SESSION, tenant);
            tenants.put(session, tenant);
        }
    }

    private static void set(Connection connection, String sql, UUID tenant) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, tenant.toString());
            statement.execute();
        }
    }
}
