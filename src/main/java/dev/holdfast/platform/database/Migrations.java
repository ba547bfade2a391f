package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * Brings the schema up to date. Several nodes may start at once: Flyway's lock lets one do it, the others wait.
 *
 * <p>Within a WAR that Liberty has not unpacked, Flyway finds a folder by an empty file {@code flyway.location} in it.
 */
@ApplicationScoped
public class Migrations {
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
    }
}
