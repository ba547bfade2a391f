package dev.holdfast.platform.database.embedded;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.util.PSQLState;

/** Takes the rights of the database's user from a connection that serves requests. */
final class Role {
    /** That sees the rows of all tenants; see the walls between them. */
    private static final String EVERYBODY = "holdfast_everybody";

    private static final String STANDING = """
            select exists (select from pg_roles r where r.rolname = '%s' and pg_has_role(session_user, r.oid, 'member')),
                   (select u.rolsuper or u.rolbypassrls from pg_roles u where u.rolname = session_user)""";

    private Role() {}

    /**
     * The connection in that role. A user who may not take it on stays itself, if row-level security binds it; one whom
     * nothing binds is not let in.
     *
     * @param role empty for none
     */
    static Connection taken(Connection connection, String role) throws SQLException {
        if (!role.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                take(statement, role);
            } catch (SQLException | RuntimeException e) {
                connection.close();
                throw e;
            }
        }
        return connection;
    }

    private static void take(Statement statement, String role) throws SQLException {
        boolean member;
        boolean unbound;
        try (ResultSet standing = statement.executeQuery(STANDING.formatted(role))) {
            standing.next();
            member = standing.getBoolean(1);
            unbound = standing.getBoolean(2);
        }
        if (member) {
            statement.execute("set role " + role);
        } else if (!unbound) {
            statement.execute("set holdfast.everybody = '" + (role.equals(EVERYBODY) ? "on" : "off") + "'");
        } else {
            throw new SQLException(
                    "The database's user is bound by no row-level security, and the role " + role
                            + " is not there yet; Holdfast's start makes it.",
                    PSQLState.CONNECTION_UNABLE_TO_CONNECT.getState());
        }
    }
}
