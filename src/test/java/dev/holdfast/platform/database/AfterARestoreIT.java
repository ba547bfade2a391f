package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What HOLDFAST_RESTORED has done to a database, without a node; with nodes and backups: {@code BackupIT}. */
class AfterARestoreIT {
    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final UUID tenant = UUID.randomUUID();

    @AfterEach
    void drop() {
        TestPostgres.shared().drop(database);
    }

    @Test
    void noFenceAndNoPlaceInTheOrderOfEventsIsGivenTwice() {
        Flyway.configure()
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:db/migration")
                .table("schema_history")
                .load()
                .migrate();
        rows.change("insert into tenants (id, name) values (?, 't')", tenant);
        for (var state : new String[] {"queued", "claimed", "completed"}) {
            rows.change("""
                    insert into runs (tenant_id, id, lane, state, fence, worker_id, claimed_at, ended_at)
                    select ?, gen_random_uuid(), 'l', s, 7, case when s = 'claimed' then 'w' end,
                           case when s = 'claimed' then now() end, case when s = 'completed' then now() end
                    from cast(? as text) s""", tenant, state);
        }
        rows.change("""
                insert into leases (tenant_id, run_id, lane, fence, worker_id, claimed_at, last_heartbeat_at, key_hash,
                                    key_expires_at, key_dies_at)
                select tenant_id, id, lane, fence, worker_id, claimed_at, claimed_at, sha256(''), now(), now()
                from runs where state = 'claimed'""");

        assertThat(rows.count("select after_a_restore('one')")).isEqualTo(2);

        long microseconds = rows.count("select cast(extract(epoch from now() - interval 'PT1H') * 1000000 as bigint)");
        assertThat(fence("queued")).isEqualTo(fence("claimed")).isGreaterThan(microseconds);
        assertThat(rows.count("select fence from leases")).isEqualTo(fence("claimed"));
        assertThat(fence("completed"))
                .as("nobody claims it again; a repeat of its end is recognised")
                .isEqualTo(7);
        assertThat(rows.one("select type, actor_kind, data ->> 'word' as word from events")
                        .values())
                .containsExactly("database_restored", "system", "one");
        long place = rows.count("select transaction from events");
        assertThat(place).isGreaterThan(microseconds);
        assertThat(rows.count("select this_transaction()")).isGreaterThan(place);
        assertThat(rows.count("select transactions_ended_below()")).isGreaterThan(place);

        long first = fence("queued");
        assertThat(rows.one("select after_a_restore('one') as raised").get("raised"))
                .as("once a word")
                .isNull();
        assertThat(fence("queued")).isEqualTo(first);
        rows.count("select after_a_restore('two')");
        assertThat(fence("queued")).as("the same backup, restored once more").isGreaterThan(first);
        assertThat(rows.count("select count(*) from events where transaction > ?", place))
                .isEqualTo(1);
    }

    private long fence(String state) {
        return rows.count("select fence from runs where state = ?", state);
    }
}
