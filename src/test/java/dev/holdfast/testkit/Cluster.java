package dev.holdfast.testkit;

import java.util.Map;
import java.util.TreeMap;

/** The nodes that all integration tests of a run share: started at first use, on one database, ended with the JVM. */
public final class Cluster {
    /** Known to all nodes, and to the tests. */
    public static final String BOOTSTRAP_KEY = "the-bootstrap-key-of-the-integration-tests";

    private static final Map<Integer, HoldfastServer> NODES = new TreeMap<>();
    private static TestPostgres.Database database;

    private Cluster() {}

    public static synchronized HoldfastServer node(int number) {
        return NODES.computeIfAbsent(number, n -> newNode("node-" + n).start());
    }

    /** One more node of this cluster, not started and not shared: for a test that kills it. */
    public static HoldfastServer newNode(String name) {
        return HoldfastServer.named(name)
                .on(database())
                .with("HOLDFAST_BOOTSTRAP_KEY", BOOTSTRAP_KEY)
                // who waits for a stream to live or to end, waits for these
                .with("HOLDFAST_STREAMS_PING", "PT1S")
                .with("HOLDFAST_LIMITS_STREAMS_TENANT", "1000")
                .with("HOLDFAST_HTTP_WRITE_TIMEOUT", "3s")
                // where the tests' webhooks are received; the rest of this machine stays closed to them
                .with("HOLDFAST_WEBHOOKS_ALLOW_ADDRESSES", Receiver.ADDRESS);
    }

    /** Behind the nodes' back. */
    public static synchronized TestPostgres.Database database() {
        if (database == null) {
            database = TestPostgres.shared().newDatabase();
        }
        return database;
    }
}
