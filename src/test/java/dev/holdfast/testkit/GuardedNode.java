package dev.holdfast.testkit;

import java.net.URI;
import javax.net.SocketFactory;

/**
 * One more node of the cluster, as for production and with limits that a test reaches: HTTPS as the packaged sample has it,
 * the key store's password encoded, few connections, few requests, few streams. Shared by the tests of a run; started at first use.
 */
public final class GuardedNode {
    /** Requests that a caller may make at once; then it is one a second. */
    public static final int BURST = 20;

    /** Connections for what is not vital: more than there are to find out who is asking, so that none of those is kept. */
    public static final int POOL = 12;

    /** Live streams of a tenant. */
    public static final int STREAMS_OF_A_TENANT = 2;

    /** Live streams of all tenants. */
    public static final int STREAMS = 3;

    private static final String PASSWORD = "the-password-of-the-key-store";
    private static final String ENCRYPTION_KEY = "the-key-of-the-passwords";

    private static final HoldfastServer SERVER = Cluster.newNode("guarded")
            .withConfiguration(
                    "encryption-key.xml",
                    "<variable name='wlp.password.encryption.key' value='%s'/>".formatted(ENCRYPTION_KEY))
            .with("HOLDFAST_RATE_LIMIT", "1")
            .with("HOLDFAST_RATE_BURST", Integer.toString(BURST))
            .with("HOLDFAST_DB_POOL_SIZE", Integer.toString(POOL))
            .with("HOLDFAST_DB_VITAL_POOL_SIZE", "2")
            .with("HOLDFAST_LIMITS_STREAMS_TENANT", Integer.toString(STREAMS_OF_A_TENANT))
            .with("HOLDFAST_LIMITS_STREAMS", Integer.toString(STREAMS))
            .with("HOLDFAST_DB_OPTIONS", "-c statement_timeout=30s -c lock_timeout=25s");

    private static final SocketFactory TLS;

    static {
        var keyStore = KeyStores.made(SERVER.files().resolve("resources/security/own.p12"), PASSWORD);
        SERVER.withTls(keyStore, KeyStores.aes(PASSWORD, ENCRYPTION_KEY)).start();
        TLS = KeyStores.trusting(keyStore, PASSWORD).getSocketFactory();
    }

    private GuardedNode() {}

    public static HoldfastServer server() {
        return SERVER;
    }

    /** Over HTTPS, trusting this node's certificate alone. */
    public static Wire.Answer exchange(Wire.Request request) {
        return Wire.exchange(URI.create("https://localhost:" + SERVER.httpsPort()), TLS, request);
    }
}
