package dev.holdfast.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.bench.Scenarios.Scenario;
import dev.holdfast.testkit.TestPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The bench, and in the same run, on the same PostgreSQL, other queues: db-scheduler and JobRunr in this process,
 * graphile-worker and pg-boss in Node.js. None of them is called over HTTP, fences writes, keeps a timeline or issues keys.
 */
public final class BesidePeers {
    private static final int CLIENTS = 16;
    private static final int BATCHERS = 4;
    private static final List<Integer> BATCH = Collections.nCopies(100, 1);

    /** More would make what is stored grow instead of being done. */
    private static final int UNDER_WAY = 1_000;

    private static final int PATIENCE = 30;

    private final TestPostgres.Database database;

    private BesidePeers(TestPostgres.Database database) {
        this.database = database;
    }

    public static void main(String[] args) throws Exception {
        Logger.getLogger("").setLevel(Level.WARNING); // of those in this process
        Bench.main(database -> new BesidePeers(database).all());
    }

    private List<Scenario> all() throws IOException, InterruptedException {
        var scenarios = new ArrayList<Scenario>();
        scenarios.addAll(inProcess("db-scheduler", DbSchedulerQueue.TABLE, DbSchedulerQueue::new));
        scenarios.addAll(inProcess("jobrunr", JobRunrQueue.NOTHING, JobRunrQueue::new));
        var missing = NodeQueue.missing();
        if (missing != null) {
            System.out.println("Without graphile-worker and pg-boss: " + missing + ".");
            return scenarios;
        }
        var directory = NodeQueue.installed();
        scenarios.addAll(inNode(directory, "graphile-worker"));
        scenarios.addAll(inNode(directory, "pg-boss"));
        return scenarios;
    }

    @FunctionalInterface
    private interface Making {
        Queue of(DataSource database, Runnable ended);
    }

    private List<Scenario> inProcess(String name, String empty, Making making) {
        return List.of(
                scenario(name, "submit-1", CLIENTS, shared(() -> open(empty, making, null), queue -> {
                    queue.submit();
                    return 1;
                })),
                scenario(name, "submit-by-100", BATCHERS, shared(() -> open(empty, making, null), queue -> {
                    queue.submit(BATCH);
                    return BATCH.size();
                })),
                scenario(name, "life-16", CLIENTS, living(empty, making)));
    }

    /** Who submits waits while many are under way, so that as many are submitted as are ended. */
    private Load.Steps living(String empty, Making making) {
        var room = new Semaphore(UNDER_WAY);
        return shared(
                () -> {
                    room.drainPermits();
                    room.release(UNDER_WAY);
                    return open(empty, making, room::release);
                },
                queue -> {
                    if (!room.tryAcquire(PATIENCE, TimeUnit.SECONDS)) {
                        throw new IllegalStateException("no job has ended for " + PATIENCE + " s");
                    }
                    queue.submit();
                    return 1;
                });
    }

    private List<Scenario> inNode(Path directory, String name) {
        return Stream.of("submit-1", "submit-by-100", "life-16")
                .map(what -> scenario(name, what, 1, client -> new NodeQueue(directory, name, what, database)))
                .toList();
    }

    private static Scenario scenario(String name, String what, int clients, Load.Steps steps) {
        return new Scenario(name + "-" + what, "jobs", clients, 0, 0, steps);
    }

    private Opened open(String empty, Making making, Runnable ended) throws SQLException {
        try (var connection = database.connect();
                var statement = connection.createStatement()) {
            statement.execute(empty);
        }
        var configuration = new HikariConfig();
        configuration.setJdbcUrl(database.url());
        configuration.setUsername("postgres");
        configuration.setPassword(database.password());
        configuration.setMaximumPoolSize(2 * CLIENTS);
        var pool = new HikariDataSource(configuration);
        return new Opened(making.of(pool, ended), pool);
    }

    private record Opened(Queue queue, HikariDataSource pool) implements AutoCloseable {
        @Override
        public void close() {
            queue.close();
            pool.close();
        }
    }

    @FunctionalInterface
    private interface Opening {
        Opened open() throws SQLException;
    }

    @FunctionalInterface
    private interface Use {
        int of(Queue queue) throws InterruptedException;
    }

    /** One queue for all clients: opened by the first, closed by the last. */
    private static Load.Steps shared(Opening opening, Use use) {
        var opened = new Opened[1];
        var users = new AtomicInteger();
        return client -> {
            if (users.getAndIncrement() == 0) {
                opened[0] = opening.open();
            }
            var queue = opened[0].queue();
            return new Load.Step() {
                @Override
                public int go() throws InterruptedException {
                    return use.of(queue);
                }

                @Override
                public void close() {
                    if (users.decrementAndGet() == 0) {
                        opened[0].close();
                    }
                }
            };
        };
    }
}
