package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What a statement locks, held in a transaction of the test's own and undone at the end: requests that meet it form a
 * queue, in the order in which the test sent them, and go on when it is let go. Nodes wait five seconds at most.
 */
public final class HeldLock implements AutoCloseable {
    private static final Duration SEEN_WITHIN = Duration.ofSeconds(5);

    // Behind a held row the first waits for its holder, the next for the first: so all that wait, however indirectly.
    private static final String WAITING = """
            with recursive waiting (pid) as (
                select pid from pg_stat_activity where pg_blocking_pids(pid) @> array[cast(? as integer)]
                union
                select a.pid from pg_stat_activity a join waiting w on pg_blocking_pids(a.pid) @> array[w.pid])
            select count(*) from waiting""";

    private final Rows rows;
    private final Connection transaction;
    private final long holder;
    private int queued;

    private HeldLock(Rows rows, Connection transaction, long holder) {
        this.rows = rows;
        this.transaction = transaction;
        this.holder = holder;
    }

    /** Holds what the statement locks: {@code select … for update}, {@code lock table …}, an insert not committed. */
    public static HeldLock by(Rows rows, String sql, Object... arguments) {
        var transaction = rows.transaction();
        try (var statement = transaction.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setObject(i + 1, arguments[i]);
            }
            statement.execute();
            try (var pid = transaction.createStatement().executeQuery("select pg_backend_pid()")) {
                pid.next();
                return new HeldLock(rows, transaction, pid.getLong(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Sends a request; returns when it waits at this lock, behind all that came before it. */
    public <T> CompletableFuture<T> queue(Supplier<T> request) {
        var reply = CompletableFuture.supplyAsync(request, task -> new Thread(task, "queued-request").start());
        queued++;
        await().pollInterval(Duration.ofMillis(5)).atMost(SEEN_WITHIN).until(() -> {
            if (reply.isDone()) {
                throw new AssertionError("it should wait at the lock, but was answered: " + reply.join());
            }
            return waiting() == queued;
        });
        return reply;
    }

    /** How many wait at this lock, whoever they are; of a whole table also what a node does by itself. */
    public long waiting() {
        return rows.count(WAITING, holder);
    }

    /** Sends these requests one behind the other, lets them all go, and gives their replies in the same order. */
    @SafeVarargs
    public final <T> List<T> inOrder(Supplier<T>... requests) {
        var replies = new ArrayList<CompletableFuture<T>>();
        try (this) {
            for (var request : requests) {
                replies.add(queue(request));
            }
        }
        return replies.stream().map(CompletableFuture::join).toList();
    }

    /** Waits until a statement with these words waits here, and cancels it as a time-out would. */
    public void cancelWaiting(String words) {
        await().pollInterval(Duration.ofMillis(5)).atMost(SEEN_WITHIN).until(() -> !rows.all(
                        "select pg_cancel_backend(pid) from pg_stat_activity"
                                + " where pg_blocking_pids(pid) @> array[cast(? as integer)] and strpos(query, ?) > 0",
                        holder,
                        words)
                .isEmpty());
    }

    /** Lets go: undoes what the statement did. A second time does nothing. */
    @Override
    public void close() {
        try (transaction) {
            if (!transaction.isClosed()) {
                transaction.rollback();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
