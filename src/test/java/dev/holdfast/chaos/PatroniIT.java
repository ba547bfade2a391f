package dev.holdfast.chaos;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.chaos.Load.Plan;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Patroni;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.net.URI;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The primary is killed, its standby promoted, and the nodes follow by {@code targetServerType=primary}. */
@Tag("chaos")
class PatroniIT {
    private static final int KILLS = 5;
    private static Patroni patroni;
    private static List<HoldfastServer> nodes = List.of();
    private static Rows rows;

    @BeforeAll
    static void start() {
        assumeTrue(
                Patroni.isInstalled(),
                "Debian's patroni, etcd-server and postgresql are not all installed, or not root");
        patroni = Patroni.start();
        rows = Rows.of(patroni.database());
        nodes = Stream.of("patroni-1", "patroni-2")
                .map(name -> HoldfastServer.named(name)
                        .on(patroni.database())
                        .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                        .with("HOLDFAST_SWEEP_INTERVAL", "PT1S"))
                .toList();
        nodes.forEach(HoldfastServer::startUnready);
        nodes.forEach(HoldfastServer::awaitReady);
    }

    @AfterAll
    static void stop() {
        nodes.forEach(HoldfastServer::kill);
        if (patroni != null) {
            patroni.close();
        }
    }

    @Test
    void I7_withSynchronousReplicationNothingIsLostWhenThePrimaryIsKilled() {
        var load = load();
        failOver(load, true);
        load.finish("primary killed " + KILLS + " times, standby promoted, synchronous");
    }

    /** What may be lost then is PostgreSQL's to lose: it is measured. */
    @Test
    void withAsynchronousReplicationTheLossIsMeasured() {
        var load = load();
        failOver(load, false);
        load.measure("primary killed " + KILLS + " times, standby promoted, asynchronous");
    }

    private static Load load() {
        var uris = nodes.stream().map(HoldfastServer::uri).toArray(URI[]::new);
        return new Load(Tenant.newOn(nodes.get(0), rows), rows, List.of(uris), Plan.of(5_000), 15);
    }

    private static void failOver(Load load, boolean synchronous) {
        patroni.synchronous(synchronous);
        load.start();
        for (int i = 0; i < KILLS; i++) {
            load.goOnFor(300);
            patroni.killPrimary();
            load.goOnFor(100);
            patroni.rejoin(synchronous);
        }
    }
}
