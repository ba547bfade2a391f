package dev.holdfast.testkit;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;

/**
 * A node on a database of its own whose reaper's timer rests until a test calls for it, and whose database's clock can be
 * stopped: so that a test decides when a sweep happens, and at what instant. Shared by the tests of a run, each with a
 * tenant of its own.
 */
public final class QuietNode {
    private static QuietNode shared;

    private final TestPostgres.Database database;
    private final Rows rows;
    private final HoldfastServer server;

    private QuietNode() {
        var bare = TestPostgres.shared().newDatabase();
        // What statements call statement_timestamp() is looked for here before PostgreSQL's own.
        var url = bare.url() + "?currentSchema=public,clock,pg_catalog";
        database = new TestPostgres.Database(bare.name(), url, bare.user(), bare.password());
        rows = Rows.of(database);
        rows.execute("create schema clock; grant usage on schema clock to public"); // every role's clock stops
        startClock();
        server = newNode("quiet").start();
        rest();
    }

    public static synchronized QuietNode shared() {
        if (shared == null) {
            shared = new QuietNode();
        }
        return shared;
    }

    /** One more node on this database, not started. */
    public HoldfastServer newNode(String name) {
        return HoldfastServer.named(name)
                .on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .with("HOLDFAST_DB_OPTIONS", "-c statement_timeout=30s -c lock_timeout=25s");
    }

    public Tenant newTenant() {
        return Tenant.newOn(server, rows);
    }

    /** With every scope, system among them. */
    public Api administrator() {
        return Api.at(server.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    }

    public HoldfastServer server() {
        return server;
    }

    public Rows rows() {
        return rows;
    }

    /** Lets the timer sweep once, as if it had swept all the time before, and returns when that is done. */
    public void sweepByTimer() {
        rows.change("update reaper set last_success_at = statement_timestamp()");
        sweepByTimerAfterARest();
    }

    /** Lets the timer sweep once, its last success being what the row says. */
    public void sweepByTimerAfterARest() {
        rows.change("update reaper set enabled = true, last_started_at = statement_timestamp() - interval 'P1D'");
        try {
            await().pollInterval(Duration.ofMillis(20))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> rows.count("""
                            select count(*) from reaper
                            where last_started_at > statement_timestamp() - interval 'PT1H'
                              and not exists (select from pg_locks where locktype = 'advisory' and granted
                                and database = (select oid from pg_database where datname = current_database()))""") == 1);
        } finally {
            rest();
        }
    }

    /** Every statement of the node is at this instant from now on. */
    public void stopClockAt(Instant instant) {
        clock("timestamptz '" + instant + "'");
    }

    public void startClock() {
        clock("pg_catalog.statement_timestamp()");
    }

    private void clock(String expression) {
        rows.execute("create or replace function clock.statement_timestamp() returns timestamptz"
                + " language sql stable parallel safe return " + expression);
    }

    private void rest() {
        rows.change("update reaper set enabled = false");
    }
}
