package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.chaos.Load.Plan;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import dev.holdfast.testkit.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From the former release to this one, and back, while everybody works: {@code mvn -Pupgrade verify}. */
@Tag("chaos")
class UpgradeIT {
    private static final Path FORMER = Path.of(System.getProperty("holdfast.former", ""));

    private final TestPostgres.Database database = TestPostgres.shared().newDatabase();
    private final Rows rows = Rows.of(database);
    private final List<HoldfastServer> nodes = new ArrayList<>();

    @AfterEach
    void end() {
        nodes.forEach(HoldfastServer::kill);
    }

    @Test
    void nodesOfTheFormerReleaseServeOnWhileThisOneMigratesAndTakesOver() {
        assumeTrue(Files.exists(FORMER.resolve("bin/server")), "there is no former release: mvn -Pupgrade builds it");
        var former = onDatabase(HoldfastServer.named("upgrade-former", FORMER));
        var present = onDatabase(HoldfastServer.named("upgrade-present"));
        former.start();
        long before = migrations();
        var load = new Load(Tenant.newOn(former, rows), rows, List.of(former.uri(), present.uri()), Plan.of(1_500), 16);
        load.start();
        load.goOnFor(100);

        present.start();
        System.out.println("migrations: " + before + " before, " + migrations() + " now");
        load.goOnFor(200);
        assertThat(former.isReady()).as("the former one, on the new schema").isTrue();
        assertThat(former.isRunning()).isTrue();

        former.restart(); // as one that goes back would
        load.goOnFor(200);
        present.restart();
        load.goOnFor(100);

        former.stop();
        load.goOnFor(200);
        load.finish("rolling upgrade, with a step back");
        assertThat(rows.count("select count(*) from runs r where not exists (select from labels where run_id = r.id)"))
                .as("runs that are not found by their label, whichever node took them")
                .isZero();
        assertThat(former.faultRecords()).as("of the former node").isEmpty();
        assertThat(present.faultRecords()).as("of this one").isEmpty();
    }

    private HoldfastServer onDatabase(HoldfastServer node) {
        nodes.add(node);
        return node.on(database)
                .with("HOLDFAST_BOOTSTRAP_KEY", Cluster.BOOTSTRAP_KEY)
                .with("HOLDFAST_SWEEP_INTERVAL", "PT1S");
    }

    private long migrations() {
        return rows.count("select count(*) from schema_history where success");
    }
}
