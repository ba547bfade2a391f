package dev.holdfast.chaos;

import dev.holdfast.chaos.Load.Plan;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Nodes, workers, lines and the database fail under load: nothing is lost, nothing done twice, no late owner heard. */
@TestMethodOrder(MethodOrderer.MethodName.class)
class FaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final ChaosCluster CLUSTER = ChaosCluster.of(Scale.of(2, 3));

    @AfterEach
    void heal() throws IOException {
        CLUSTER.heal();
    }

    @AfterAll
    static void end() {
        CLUSTER.close();
    }

    @Test
    void I7_nodesKilledUnderLoad() {
        var load = CLUSTER.load(Plan.of(Scale.of(500, 10_000)));
        int kills = Scale.of(2, 60);
        for (int i = 0; i < kills; i++) {
            var victim = CLUSTER.nodes().get(i % CLUSTER.nodes().size());
            load.goOnFor(Scale.of(40, 20));
            victim.awaitReady().kill();
            victim.startUnready();
        }
        load.finish("nodes killed, " + kills + " times");
    }

    @Test
    void I7_postgresqlRestartedUnderLoad() throws IOException {
        var load = CLUSTER.load(Plan.of(Scale.of(300, 10_000)).steps(3).asking(0.5));
        int restarts = Scale.of(2, 30);
        for (int i = 0; i < restarts; i++) {
            load.goOnFor(Scale.of(60, 300));
            CLUSTER.postgres().restart();
        }
        load.finish("PostgreSQL restarted, " + restarts + " times");
    }
}
