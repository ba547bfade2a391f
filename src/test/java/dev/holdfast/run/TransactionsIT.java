package dev.holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.event.Actor;
import dev.holdfast.event.Timeline;
import dev.holdfast.key.Caller;
import dev.holdfast.key.KeyFormat;
import dev.holdfast.platform.database.Database;
import dev.holdfast.testkit.InsideLiberty;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.OptimisticLockException;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.UserTransaction;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.Archive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the container owes us, asked inside of it: one transaction for entity and statement, and no memory beyond it. */
@ExtendWith({InsideLiberty.class, ArquillianExtension.class})
class TransactionsIT {
    private static final Actor ACTOR = new Actor(Actor.Kind.OPERATOR, "test");

    /** A bean, since a test class is none: Arquillian injects beans and looks up names, but no persistence context. */
    @ApplicationScoped
    static class Persistence {
        @PersistenceContext(unitName = "holdfast")
        EntityManager entities;

        EntityManager entities() {
            return entities;
        }
    }

    @Inject
    Persistence persistence;

    @Inject
    UserTransaction transaction;

    @Resource(lookup = "java:comp/DefaultManagedExecutorService")
    ManagedExecutorService executor;

    @Inject
    Database database;

    @Inject
    RunLifecycle lifecycle;

    @Inject
    WorkerLifecycle workers;

    @Inject
    RunDesk desk;

    @Inject
    Leases leases;

    @Inject
    Timeline timeline;

    private EntityManager entities;
    private Caller caller;

    @Deployment
    static Archive<?> holdfast() {
        return InsideLiberty.holdfastWith(TransactionsIT.class);
    }

    @BeforeEach
    void enter() {
        entities = persistence.entities();
        caller = database.everybody()
                .one(
                        "select tenant_id, id from api_keys limit 1",
                        row -> new Caller(
                                row.getObject(1, UUID.class), row.getObject(2, UUID.class), "test", Set.of(), null, 0))
                .orElseThrow();
    }

    @AfterEach
    void leave() throws Exception {
        if (transaction.getStatus() != jakarta.transaction.Status.STATUS_NO_TRANSACTION) {
            transaction.rollback();
        }
    }

    /** It comes by connections of its own: with them a transaction would be one of two data sources. */
    @Test
    void whatIsVitalIsNotSaidWithinATransaction() throws Exception {
        var vitally = database.vitally(caller.tenant());
        assertThat(vitally.one("select 1 as one", row -> row.getInt("one"))).contains(1);

        transaction.begin();
        assertThatThrownBy(() -> vitally.query("select 1", row -> true))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in no transaction");
    }

    @Test
    void aLostRaceLeavesNothingOfItself() throws Exception {
        var run = claimed();
        var before = stored(run);

        begin();
        var entity = entities.find(Run.class, run);
        leases.close(caller.tenant(), run, entity.fence()).orElseThrow();
        elsewhere(() -> database.of(caller.tenant())
                .one("update runs set version = version + 1 where id = ? returning 1", row -> 1, run));
        timeline.record(caller.tenant(), run, "cancelled", ACTOR, "claimed", "cancelled", 2, null, null, "test", null);
        assertThat(stored(run)).as("seen by the loser itself").isNotEqualTo(before);
        entity.cancel(Instant.now());

        assertThatThrownBy(entities::flush).isInstanceOf(OptimisticLockException.class);
        transaction.rollback();

        var after = stored(run);
        assertThat(after.remove("version")).isEqualTo((Long) before.remove("version") + 1);
        assertThat(after).as("state, lease, events and the counter of events").isEqualTo(before);
    }

    @Test
    void ofTwoPeopleWhoHaveLoadedARunOneMovesIt() throws Exception {
        for (int round = 0; round < 20; round++) {
            var run = round % 2 == 0 ? submitted() : claimed();
            long events = (Long) stored(run).get("events");
            var start = new CyclicBarrier(4);
            var answers = IntStream.range(0, 4)
                    .mapToObj(i -> executor.submit(() -> {
                        start.await();
                        return desk.cancel(new RunDesk.Order(caller.tenant(), run, ACTOR, null, null, "test"))
                                .cancelled();
                    }))
                    .toList();

            assertThat(answers.stream().filter(TransactionsIT::won)).hasSize(1);
            var after = stored(run);
            assertThat(after).containsEntry("state", "cancelled").containsEntry("leases", 0L);
            assertThat(after).containsEntry("events", events + 1).containsEntry("event_count", (int) events + 1);
        }
    }

    @Test
    void aStatementSharesTheTransactionOfTheEntities() throws Exception {
        var run = submitted();
        var before = stored(run);
        begin();
        var entity = entities.find(Run.class, run);
        entity.cancel(Instant.now());
        entities.flush();

        assertThat(database.of(caller.tenant())
                        .one("select pg_backend_pid()::text || ' ' || txid_current()::text", row -> row.getString(1)))
                .contains((String)
                        entities.createNativeQuery("select pg_backend_pid()::text || ' ' || txid_current()::text")
                                .getSingleResult());
        assertThat(stored(run)).containsEntry("state", "cancelled");
        assertThat(elsewhere(() -> stored(run))).isEqualTo(before);

        transaction.rollback();
        assertThat(stored(run)).isEqualTo(before);
    }

    @Test
    void aStatementIsRolledBackWithTheTransactionAndCommittedWithIt() throws Exception {
        var run = submitted();
        for (var end : List.of("rollback", "commit")) {
            begin();
            database.of(caller.tenant()).one("update runs set priority = 7 where id = ? returning 1", row -> 1, run);
            if (end.equals("commit")) {
                transaction.commit();
            } else {
                transaction.rollback();
            }
            assertThat(priority(run)).isEqualTo(end.equals("commit") ? 7 : 0);
        }
    }

    @Test
    void aFaultOfAStatementRollsBackWhatTheTransactionHadDone() throws Exception {
        var run = claimed();
        var before = stored(run);
        begin();
        leases.close(caller.tenant(), run, 1).orElseThrow();
        assertThatThrownBy(() -> database.of(caller.tenant())
                        .one("update runs set priority = 101 where id = ? returning 1", row -> 1, run))
                .hasMessageContaining("priority_in_range");
        transaction.rollback();
        assertThat(stored(run)).isEqualTo(before);
    }

    @Test
    void outsideOfATransactionEachStatementIsItsOwn() {
        var run = submitted();
        database.of(caller.tenant()).one("update runs set priority = 5 where id = ? returning 1", row -> 1, run);
        assertThatThrownBy(() -> database.of(caller.tenant()).one("select 1/0", row -> 1))
                .hasMessageContaining("zero");
        assertThat(priority(run)).isEqualTo(5);
    }

    @Test
    void anEntityIsFreshAfterAnotherTransactionsStatement() throws Exception {
        var run = submitted();
        for (int round = 1; round <= 3; round++) {
            begin();
            var version = entities.find(Run.class, run).version();
            transaction.commit();
            assertThat(entities.getEntityManagerFactory().getCache().contains(Run.class, run))
                    .isFalse();

            elsewhere(() -> database.of(caller.tenant())
                    .one("update runs set version = version + 1 where id = ? returning 1", row -> 1, run));

            begin();
            assertThat(entities.find(Run.class, run).version()).isEqualTo(version + 1);
            transaction.commit();
        }
    }

    private void begin() throws Exception {
        transaction.begin();
        database.of(caller.tenant()).enter();
    }

    private UUID submitted() {
        var body = JsonNodeFactory.instance.objectNode().put("lane", "inside-" + UUID.randomUUID());
        return lifecycle.submit(caller, body, null, "test").run().id();
    }

    private UUID claimed() {
        var body = JsonNodeFactory.instance.objectNode().put("lane", "inside-" + UUID.randomUUID());
        var run = lifecycle.submit(caller, body, null, "test").run();
        var taken = workers.tryClaim(caller, "worker", List.of(run.lane()), List.of(KeyFormat.secret()), "test");
        assertThat(taken.claims()).hasSize(1);
        return run.id();
    }

    private int priority(UUID run) {
        return database.of(caller.tenant())
                .one("select priority from runs where id = ?", row -> row.getInt(1), run)
                .orElseThrow();
    }

    private Map<String, Object> stored(UUID run) {
        return database.of(caller.tenant())
                .one(
                        """
                        select state, version, event_count, fence,
                               (select count(*) from events e where e.run_id = r.id) as events,
                               (select count(*) from leases l where l.run_id = r.id) as leases
                        from runs r where id = ?""",
                        row -> {
                            var values = new java.util.HashMap<String, Object>();
                            values.put("state", row.getString("state"));
                            values.put("version", row.getLong("version"));
                            values.put("event_count", row.getInt("event_count"));
                            values.put("fence", row.getLong("fence"));
                            values.put("events", row.getLong("events"));
                            values.put("leases", row.getLong("leases"));
                            return (Map<String, Object>) values;
                        },
                        run)
                .orElseThrow();
    }

    /** On another thread, so in no transaction or in another. */
    private <T> T elsewhere(Callable<T> work) throws Exception {
        return executor.submit(work).get();
    }

    private static boolean won(Future<Boolean> answer) {
        try {
            return answer.get();
        } catch (Exception lost) {
            var cause = lost.getCause();
            while (cause != null) {
                if (cause instanceof OptimisticLockException || cause instanceof RunDesk.LostRace) {
                    return false;
                }
                cause = cause.getCause();
            }
            throw new AssertionError(lost);
        }
    }
}
