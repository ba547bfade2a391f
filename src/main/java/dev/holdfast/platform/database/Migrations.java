package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * Brings the schema up to date. Several nodes may start at once: Flyway's lock lets one do it, the others wait.
 *
 * <p>Within a WAR that Liberty has not unpacked, Flyway finds a folder by an empty file {@code flyway.location} in it.
 */
@ApplicationScoped
public class Migrations {
    // Under the lock of the walls: while one node raises them, another one's look at several tables would be in its
    // way.
    private static final String COUNT_ON = """
            do $$
            declare ahead bigint;
            begin
                perform pg_advisory_xact_lock(hashtext('holdfast walls')), set_config('holdfast.everybody', 'on', true);
                select max(greatest(e.transaction, s.last_transaction)) - this_transaction() into ahead
                from tenants t
                left join lateral (select transaction from events where tenant_id = t.id order by transaction desc limit 1) e on true
                left join lateral (select last_transaction from seals where tenant_id = t.id order by number desc limit 1) s on true;
                if ahead >= 0 then
                    execute format('create or replace function transactions_before() returns bigint language sql immutable'
                                   ' parallel safe return cast(%s as bigint)', transactions_before() + ahead + 1);
                end if;
            end $$""";

    // Not shared: Flyway holds its lock on one connection and migrates over a second.
    @Resource(lookup = "jdbc/holdfastOwner", shareable = false)
    DataSource source;

    /** @throws IllegalStateException if the WAR holds no migrations, rather than to serve an empty database */
    public void run() {
        var flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .table("schema_history")
                .initSql("set holdfast.everybody = 'on'") // the owner is walled in as well
                .load();
        if (flyway.info().all().length == 0) {
            throw new IllegalStateException("no migrations found in db/migration");
        }
        flyway.migrate();
        countOn();
    }

    /**
     * A dump may have been restored into a database that counts its transactions from lower numbers: new events would stand
     * before the old ones, and no seal would find them. So the numbers of transactions go on from the highest there is.
     */
    private void countOn() {
        try (var connection = source.getConnection();
                var statement = connection.createStatement()) {
            statement.execute(COUNT_ON);
        } catch (SQLException e) {
            throw new IllegalStateException("HLDF0209E: the order of events cannot be seen to: " + e.getMessage(), e);
        }
    }
}
