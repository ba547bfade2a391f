package dev.holdfast.scenario;

import dev.holdfast.testkit.Tenant;
import java.util.Map;

/** The lanes of the system that these scenarios come from, each declared through the API. */
final class Lanes {
    static final String SYNC = "sync";
    static final String AUTH = "auth";
    static final String ACTION = "action";
    static final String EMBED_BACKFILL = "embed_backfill";
    static final String WATCHER = "watcher";

    private static final Map<String, Map<String, ?>> POLICIES = Map.of(
            SYNC, Map.of("heartbeat", "required", "heartbeatTimeout", "PT2M", "onLost", "requeue"),
            AUTH, Map.of("heartbeat", "required", "heartbeatTimeout", "PT2M", "onLost", "fail"),
            ACTION, Map.of("heartbeat", "none"),
            EMBED_BACKFILL, Map.of("heartbeat", "none"),
            WATCHER,
                    Map.of(
                            "heartbeat", "optional",
                            "heartbeatTimeout", "PT3M",
                            "claimTimeout", "PT2H",
                            "onLost", "fail"));

    private Lanes() {}

    static void declareIn(Tenant tenant) {
        POLICIES.forEach(tenant::lane);
    }
}
