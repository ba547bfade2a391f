package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A node whose database does not let it in at the start: what it waits for, and what it does not. */
class PatienceIT {
    private static final Duration REST = Duration.ofMillis(10);

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final PGSimpleDataSource source = new PGSimpleDataSource();
    private final Rights rights = new Rights();
    private final AtomicInteger tries = new AtomicInteger();

    PatienceIT() {
        source.setUrl(database.url());
        source.setUser(database.user());
        source.setPassword(database.password());
        rights.owner = source;
    }

    @AfterEach
    void drop() {
        TestPostgres.shared().drop(database);
    }

    @Test
    void aDatabaseThatIsFullIsTriedUntilThereIsRoom() {
        connectionLimit(0);
        new Patience(Duration.ofMinutes(1), REST).until(() -> {
            if (tries.incrementAndGet() == 3) {
                connectionLimit(-1);
            }
            rights.check();
            return true;
        });
        assertThat(tries).hasValue(3);
    }

    @Test
    void aDatabaseThatCannotBeReachedIsTriedUntilItCan() {
        int port = source.getPortNumbers()[0];
        source.setPortNumbers(new int[] {1});
        new Patience(Duration.ofMinutes(1), REST).until(() -> {
            if (tries.incrementAndGet() == 3) {
                source.setPortNumbers(new int[] {port});
            }
            rights.check();
            return true;
        });
        assertThat(tries).hasValue(3);
    }

    @Test
    void aDatabaseThatStartsUpOrShutsDownIsTriedAgain() {
        for (var state : new String[] {"57P01", "57P02", "57P03"}) {
            assertThat(ExpectedErrors.passes(new IllegalStateException(new SQLException("the system is busy", state))))
                    .isTrue();
        }
    }

    @Test
    void patienceEndsAndSaysWhatItWaitedFor() {
        connectionLimit(0);
        assertThatThrownBy(() -> new Patience(Duration.ZERO, REST).until(this::check))
                .hasMessageContaining("too many connections");
        assertThat(tries).hasValue(1);
    }

    @Test
    void whatWaitingDoesNotMendEndsTheStartAtOnce() {
        source.setPassword("wrong");
        assertThatThrownBy(() -> new Patience(Duration.ofMinutes(1), REST).until(this::check))
                .hasMessageContaining("password authentication failed");
        source.setPassword(database.password());
        source.setDatabaseName("there_is_none");
        assertThatThrownBy(() -> new Patience(Duration.ofMinutes(1), REST).until(this::check))
                .hasMessageContaining("does not exist");
        assertThat(tries).hasValue(2);
    }

    private boolean check() {
        tries.incrementAndGet();
        rights.check();
        return true;
    }

    private void connectionLimit(int limit) {
        rows.execute("alter database %s connection limit %d".formatted(database.name(), limit));
    }
}
