package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * The second wall between tenants, should a statement ever forget the first: row-level security, forced on every table
 * that has a tenant. Requests are served by the role {@value #APP}, which owns nothing and sees the rows of the tenant that
 * was named; what is done for all tenants, by {@value #EVERYBODY}.
 *
 * <p>Raised at each start, after the migrations: a table that came with one of them is not forgotten.
 */
@ApplicationScoped
public class Walls {
    private static final Logger LOG = Logger.getLogger(Walls.class.getName());

    static final String APP = "holdfast_app";
    static final String EVERYBODY = "holdfast_everybody";

    // One node at a time: PostgreSQL refuses changes of the same rights at once.
    private static final String LOCK = "select pg_advisory_xact_lock(hashtext('holdfast walls'))";

    private static final String HAS_ROLES = """
            select count(*) filter (where pg_has_role(session_user, oid, 'member')) = 2 from pg_roles
            where rolname in ('%s', '%s')""".formatted(APP, EVERYBODY);

    private static final String MAKE_ROLES = """
            do $$ begin
                create role %1$s nologin; exception when duplicate_object or unique_violation then null;
            end $$;
            do $$ begin
                create role %2$s nologin; exception when duplicate_object or unique_violation then null;
            end $$;
            do $$ begin execute format('grant %1$s, %2$s to %%I', session_user); end $$""".formatted(APP, EVERYBODY);

    private static final String GRANT = """
            do $$ begin
                execute format('grant usage on schema %%I to %1$s, %2$s', current_schema());
                execute format('grant select, insert, update, delete on all tables in schema %%I to %1$s, %2$s', current_schema());
                revoke all on schema_history from %1$s, %2$s;
                revoke update on events from %1$s, %2$s; -- what was told is not told otherwise, whatever a statement says
                revoke delete on events from %1$s;
                revoke update, delete on seals from %1$s, %2$s;
            end $$""".formatted(APP, EVERYBODY);

    private static final String RAISE = """
            do $$
            declare t record;
            begin
                for t in
                    select c.oid::regclass as name, c.relforcerowsecurity as forced,
                           case when c.relname = 'tenants' then 'id' else 'tenant_id' end as owner
                    from pg_class c
                    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
                      and (c.relname = 'tenants' or exists (
                           select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped))
                loop
                    if not t.forced then
                        execute format('alter table %%s enable row level security, force row level security', t.name);
                        execute format('create policy own_tenant on %%s using (%%I = (select nullif(current_setting(''holdfast.tenant'', true), '''')::uuid))',
                                       t.name, t.owner);
                        execute format('create policy owner_for_everybody on %%s to %%I using ((select current_setting(''holdfast.everybody'', true) = ''on''))',
                                       t.name, session_user);
                    end if;
                    if %1$s and not exists (select from pg_policy where polname = 'for_everybody' and polrelid = t.name) then
                        execute format('create policy for_everybody on %%s to %2$s using (true)', t.name);
                    end if;
                end loop;
            end $$""";

    @Resource(lookup = "jdbc/holdfastOwner")
    DataSource owner;

    /** @throws IllegalStateException if the database cannot be asked */
    public void raise() {
        try (var connection = owner.getConnection()) {
            connection.setAutoCommit(false);
            try {
                raise(connection);
                connection.commit();
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "HLDF0208E: the walls between tenants cannot be raised: " + e.getMessage(), e);
        }
    }

    private void raise(Connection connection) throws SQLException {
        execute(connection, LOCK);
        boolean roles = isTrue(connection, HAS_ROLES) || madeRoles(connection);
        if (roles) {
            execute(connection, GRANT);
        }
        execute(connection, RAISE.formatted(roles, EVERYBODY));
    }

    private static boolean madeRoles(Connection connection) throws SQLException {
        var before = connection.setSavepoint();
        try {
            execute(connection, MAKE_ROLES);
            return true;
        } catch (SQLException e) {
            connection.rollback(before);
            LOG.log(
                    Level.WARNING,
                    "HLDF0202W: The database''s user has too few rights to make roles of their own for the walls between tenants."
                            + " They stand all the same, but bind the tables'' owner by its word alone. As an administrator"
                            + " of the database, once: create role {0} nologin; create role {1} nologin; grant {0}, {1} to"
                            + " that user.",
                    new Object[] {APP, EVERYBODY});
            return false;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static boolean isTrue(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement();
                var result = statement.executeQuery(sql)) {
            return result.next() && result.getBoolean(1);
        }
    }
}
