package dev.holdfast.bench;

import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.TestPostgres;
import java.util.ArrayList;
import java.util.List;

/** What a bench is held in: a PostgreSQL with a database of its own, and nodes on it. All of it ends with the bench. */
final class House implements AutoCloseable {
    /** Of the tenant {@code default}. */
    static final String KEY = "the-bootstrap-key-of-the-measurements";

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final List<HoldfastServer> nodes = new ArrayList<>();

    TestPostgres.Database database() {
        return database;
    }

    Rows rows() {
        return Rows.of(database);
    }

    /** Not started yet. */
    HoldfastServer node(String name) {
        var node = HoldfastServer.named(name).on(database).with("HOLDFAST_BOOTSTRAP_KEY", KEY);
        nodes.add(node);
        return node;
    }

    @Override
    public void close() {
        nodes.forEach(HoldfastServer::kill);
        TestPostgres.shared().drop(database);
        TestPostgres.shared().process().stop();
    }
}
