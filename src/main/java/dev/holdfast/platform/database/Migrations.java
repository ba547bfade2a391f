package dev.holdfast.platform.database;

import dev.holdfast.platform.Settings;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.util.logging.Level;
import java.util.logging.Logger;
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

    private static final String AFTER_A_RESTORE = "select after_a_restore(?)";

    private static final Logger LOG = Logger.getLogger(Migrations.class.getName());

    @Inject
    Settings settings;

    // Not shared: Flyway holds its lock on one connection and migrates over a second.
    @Resource(lookup = "jdbc/holdfastOwner", shareable = false)
    DataSource source;

    /** @throws IllegalStateException if the WAR holds no migrations, rather than to serve an empty database */
    public void run() {
        var flyway = Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .table("schema_history")
                // The owner is walled in as well; and what reads all of a large table takes as long as it takes.
                .initSql("set holdfast.everybody = 'on'; set statement_timeout = 0")
                .load();
        if (flyway.info().all().length == 0) {
            throw new IllegalStateException("no migrations found in db/migration");
        }
        flyway.migrate();
        countOn();
        settings.restored().ifPresent(this::afterRestore);
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

    /** What late workers hold is no owner's any more, and readers miss nothing: see the migration that made the function. */
    private void afterRestore(String word) {
        try (var connection = source.getConnection();
                var statement = connection.prepareStatement(AFTER_A_RESTORE)) {
            statement.setString(1, word);
            var raised = statement.executeQuery();
            raised.next();
            raised.getLong(1);
            if (!raised.wasNull()) {
                LOG.log(
                        Level.INFO,
                        "HLDF0210I: The database was restored ({0}): the fences of {1} runs were raised. Owners of before are refused;"
                                + " a sweep with cutoff PT0S gives what they held to others at once",
                        new Object[] {word, raised.getLong(1)});
            }
        } catch (SQLException e) {
            throw new IllegalStateException("what follows a restore cannot be done: " + e.getMessage(), e);
        }
    }
}
