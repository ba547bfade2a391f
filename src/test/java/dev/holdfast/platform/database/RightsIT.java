package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What a start says of the rights that the database's user has. */
class RightsIT {
    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final String user = "rights_" + UUID.randomUUID().toString().replace("-", "");

    @AfterEach
    void drop() {
        TestPostgres.shared().drop(database);
    }

    @Test
    void whoOwnsTheDatabaseHasAsManyAsAreNeeded() {
        rows.execute("create role %1$s login password 'secret'; alter database %2$s owner to %1$s"
                .formatted(user, database.name()));
        assertThat(saidOf(user)).isEmpty();
    }

    @Test
    void whoMayCreateTablesHasAsManyAsAreNeeded() {
        rows.execute("create role %1$s login password 'secret'; grant usage, create on schema public to %1$s"
                .formatted(user));
        assertThat(saidOf(user)).isEmpty();
    }

    @Test
    void whoMayNotCreateTablesIsToldWhatIsMissing() {
        rows.execute("create role %s login password 'secret'".formatted(user));
        assertThatThrownBy(() -> saidOf(user))
                .hasMessageContaining("too few rights")
                .hasMessageContaining("alter database %s owner to %s".formatted(database.name(), user));
        rows.execute("revoke all on schema public from public");
        assertThatThrownBy(() -> saidOf(user)).hasMessageContaining("may not create tables in the schema public");
    }

    @Test
    void whoMeetsTablesOfAnotherIsToldWhose() {
        rows.execute("create role %1$s login password 'secret'; grant usage, create on schema public to %1$s"
                .formatted(user));
        rows.execute("create table schema_history (x int)");
        assertThatThrownBy(() -> saidOf(user))
                .hasMessageContaining("too few rights")
                .hasMessageContaining("belong to postgres");
        rows.execute("alter table schema_history owner to " + user);
        assertThat(saidOf(user)).isEmpty();
    }

    @Test
    void whomNothingBindsIsToldSo() {
        rows.execute("create role %1$s login bypassrls password 'secret'; alter database %2$s owner to %1$s"
                .formatted(user, database.name()));
        assertThat(saidOf(user)).hasSize(1).first().asString().contains("too many rights", user, "has BYPASSRLS");
        rows.execute("alter role %s superuser".formatted(user));
        assertThat(saidOf(user)).hasSize(1).first().asString().contains("too many rights", "is a superuser");
    }

    private List<String> saidOf(String name) {
        var source = new PGSimpleDataSource();
        source.setUrl(database.url());
        source.setUser(name);
        source.setPassword("secret");
        var rights = new Rights();
        rights.owner = source;
        return saidBy(rights::check);
    }

    private static List<String> saidBy(Runnable act) {
        var said = new ArrayList<String>();
        var listener = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(entry.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        var log = Logger.getLogger(Rights.class.getName());
        log.addHandler(listener);
        try {
            act.run();
        } finally {
            log.removeHandler(listener);
        }
        return said;
    }
}
