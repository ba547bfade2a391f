package dev.holdfast.platform.database;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings the schema up to date. Several nodes may start at once: Flyway's lock lets one do it, the others wait. */
@ApplicationScoped
public class Migrations {
    @Resource(lookup = "jdbc/holdfast")
    DataSource source;

    private volatile boolean done;

    public void run() {
        Flyway.configure(Migrations.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .table("schema_history")
                .load()
                .migrate();
        done = true;
    }

    public boolean isDone() {
        return done;
    }
}
