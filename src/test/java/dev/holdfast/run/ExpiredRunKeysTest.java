package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.platform.database.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ExpiredRunKeysTest {
    private final List<Object> leasesRead = new ArrayList<>();
    private final Database database = new Database() {
        @Override
        protected <T> List<T> run(Pool pool, String sql, RowMapper<T> mapper, Object... arguments) {
            leasesRead.add(arguments[0]);
            return List.of();
        }
    };
    private final RunKeys keys = new RunKeys(database, null, null);

    @Test
    void sweepsOfTheTimerReadAllLeasesForItOnceInAWhileAndThoseOfPeopleAlways() {
        keys.find(warrant(false), 10);
        keys.find(warrant(false), 10);
        keys.find(warrant(true), 10);
        keys.find(warrant(false), 10);

        assertThat(leasesRead).containsExactly(true, false, true, false);
    }

    @Test
    void whatWasLeftForTheNextSweepIsLookedForByIt() {
        keys.find(warrant(false), 0);
        keys.find(warrant(false), 10);

        assertThat(leasesRead).containsExactly(true, true);
    }

    private static Warrant warrant(boolean byPerson) {
        return new Warrant(UUID.randomUUID(), "node", null, null, null, false, byPerson, null);
    }
}
