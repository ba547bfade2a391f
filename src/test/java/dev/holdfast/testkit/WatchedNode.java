package dev.holdfast.testkit;

/**
 * A node apart from the cluster: on a database of its own, so that what it counts is what one test did; sweeping each
 * second, and open to JMX. Shared by the tests of what an operator watches; started at first use, ended with the JVM.
 */
public final class WatchedNode {
    public static final String USER = "operator";
    public static final String PASSWORD = "the-operator's-password";
    static final String KEY_STORE_PASSWORD = "the-key-store's-password";

    private static final TestPostgres.Database DATABASE = TestPostgres.shared().newDatabase();
    private static final HoldfastServer SERVER = HoldfastServer.named("watched")
            .on(DATABASE)
            .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
            .with("HOLDFAST_SWEEP_INTERVAL", "PT1S")
            .with("HOLDFAST_STREAMS_PING", "PT1S")
            .withJmx(USER, PASSWORD, KEY_STORE_PASSWORD)
            .start();

    private WatchedNode() {}

    public static HoldfastServer server() {
        return SERVER;
    }

    public static Rows rows() {
        return Rows.of(DATABASE);
    }

    public static Api api() {
        return Api.at(SERVER.uri()).withKey(Cluster.BOOTSTRAP_KEY);
    }

    public static Scrape scrape() {
        return Scrape.of(SERVER);
    }
}
