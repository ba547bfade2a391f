package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** What the database's user may do there: with too little the start ends, in plain words, and too much is said. */
@ApplicationScoped
public class Rights {
    private static final Logger LOG = Logger.getLogger(Rights.class.getName());

    private static final String STANDING = """
            select u.rolname as name, u.rolsuper as superuser, u.rolbypassrls as unbound, current_database() as database,
                   coalesce(has_schema_privilege(current_schema(), 'create'), false) as creates,
                   coalesce(current_schema(), 'public') as schema,
                   (select tableowner from pg_tables t
                    where t.schemaname = current_schema() and t.tablename = 'schema_history'
                      and not pg_has_role(session_user, t.tableowner, 'usage')) as other_owner
            from pg_roles u where u.rolname = session_user""";

    @Resource(lookup = "jdbc/holdfastOwner")
    DataSource owner;

    /**
     * Warns of rights that Holdfast has no use for.
     *
     * @throws IllegalStateException saying which right is missing and how it is given, or that the database cannot be asked
     */
    public void check() {
        try (var connection = owner.getConnection()) {
            check(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "HLDF0207E: the database cannot be asked for its user's rights: " + e.getMessage(), e);
        }
    }

    private static void check(Connection connection) throws SQLException {
        try (var statement = connection.createStatement();
                var standing = statement.executeQuery(STANDING)) {
            standing.next();
            requireEnough(standing);
            warnOfTooMuch(standing);
        }
    }

    private static void requireEnough(ResultSet standing) throws SQLException {
        var name = standing.getString("name");
        if (!standing.getBoolean("creates")) {
            throw new IllegalStateException(
                    "HLDF0205E: The database's user %1$s has too few rights: it may not create tables in the schema %2$s. As an administrator of the database: alter database %3$s owner to %1$s; or: grant usage, create on schema %2$s to %1$s."
                            .formatted(name, standing.getString("schema"), standing.getString("database")));
        }
        if (standing.getString("other_owner") != null) {
            throw new IllegalStateException(
                    "HLDF0206E: The database's user %1$s has too few rights: Holdfast's tables belong to %2$s. Let it connect as that user, or, as an administrator of the database: grant %2$s to %1$s."
                            .formatted(name, standing.getString("other_owner")));
        }
    }

    private static void warnOfTooMuch(ResultSet standing) throws SQLException {
        boolean superuser = standing.getBoolean("superuser");
        if (superuser || standing.getBoolean("unbound")) {
            LOG.warning(
                    "HLDF0201W: The database's user %1$s has too many rights: it %2$s, so no wall between tenants binds it. Requests are served in roles that the walls do bind, but who learns its password sees everything. Let Holdfast connect as an ordinary user that owns the database."
                            .formatted(standing.getString("name"), superuser ? "is a superuser" : "has BYPASSRLS"));
        }
    }
}
