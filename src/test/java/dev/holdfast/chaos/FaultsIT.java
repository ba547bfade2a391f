package dev.holdfast.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.chaos.Load.Plan;
import dev.holdfast.testkit.FakeClock;
import dev.holdfast.testkit.FaultyLine;
import dev.holdfast.testkit.HeldLock;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Nodes, lines and the database fail under load: nothing is lost, nothing done twice, no late owner heard. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final ChaosCluster CLUSTER = ChaosCluster.of(Scale.of(2, 3));
    private static final Rows ROWS = CLUSTER.rows();

    private static final String REAPERS_LOCK = """
            k.locktype = 'advisory' and k.granted
            and cast(k.objid as bigint) = cast(hashtext('holdfast.reaper') as bigint) & 4294967295""";

    @BeforeEach
    void heal() throws IOException {
        CLUSTER.heal();
    }

    @AfterAll
    static void end() {
        CLUSTER.close();
    }

    /**
     * In full: for five minutes, every five seconds, a node that is ready; if there is none, as soon as there is. The last
     * test, so that nobody has to wait for the node that was killed last.
     */
    @Test
    @Order(Integer.MAX_VALUE)
    void I7_nodesKilledUnderLoad() {
        var load = CLUSTER.load(Plan.of(Scale.of(200, 10_000))).start();
        long until = System.nanoTime() + Duration.ofMinutes(Scale.of(0, 5)).toNanos();
        int kills = 0;
        do {
            if (Scale.isFull()) {
                letPass(Duration.ofSeconds(5));
            } else {
                load.goOnFor(40);
            }
            var victim = CLUSTER.awaitReady(kills++);
            victim.kill();
            victim.startUnready();
        } while (System.nanoTime() - until < 0);
        load.finish("nodes killed, " + kills + " times");
    }

    /** In full: every 5 to 40 seconds, as long as runs are submitted, each of three steps and a question. */
    @Test
    void I7_postgresqlRestartedUnderLoad() throws IOException {
        var load = CLUSTER.load(Plan.of(Scale.of(200, 5_000)).steps(3).asking(Scale.isFull() ? 1 : 0.5))
                .start();
        int restarts = 0;
        do {
            load.goOnFor(60);
            if (Scale.isFull()) {
                letPass(Duration.ofSeconds(5 + restarts * 17 % 36));
            }
            CLUSTER.postgres().restart();
            restarts++;
        } while (Scale.isFull() ? !load.isSubmitted() : restarts < 2);
        load.finish("PostgreSQL restarted, " + restarts + " times");
    }

    @Test
    @Tag("chaos")
    void I7_postgresqlKilledUnderLoad() throws IOException {
        var load = CLUSTER.load(Plan.of(3_000)).start();
        for (int i = 0; i < 20; i++) {
            load.goOnFor(100);
            CLUSTER.postgres().kill();
            CLUSTER.postgres().restart();
        }
        load.finish("PostgreSQL killed, 20 times");
    }

    @Test
    @Tag("chaos")
    void C19_clocksPutOffUnderLoad(@TempDir Path directory) {
        var node = CLUSTER.add("chaos-off");
        var clock = FakeClock.of(node, directory);
        node.start();
        var load = CLUSTER.load(Plan.of(2_000)).start();
        for (int seconds : List.of(90, -90, 600, -600)) {
            clock.putOff(Duration.ofSeconds(seconds));
            load.goOnFor(300);
        }
        load.finish("clock of a node off by 90 s and by 10 min, either way");
    }

    @Test
    @Tag("chaos")
    void I6_nodesRestartedOneAfterTheOtherAndNoClientThatRetriesSeesA5xx() {
        var load = CLUSTER.load(Plan.of(Scale.of(200, 3_000))).start();
        for (var node : CLUSTER.nodes()) {
            load.goOnFor(30);
            node.restart();
        }
        load.finish("nodes restarted one after the other");
        assertThat(load.notes().unavailable()).isEmpty();
    }

    @Test
    void I7_nodesStoppedPastTheLeaseAndContinued() {
        var load = CLUSTER.load(Plan.of(Scale.of(100, 2_000))).start();
        int trials = Scale.of(1, 100);
        for (int i = 0; i < trials; i++) {
            load.goOnFor(20);
            var node = CLUSTER.nodes().get(i % CLUSTER.nodes().size());
            node.freeze();
            awaitLeasesPassed();
            node.thaw();
        }
        load.finish("SIGSTOP of a node past the lease, " + trials + " times");
    }

    @Test
    void I7_sweepingNodesStoppedPastTheLeaseAndContinued() {
        var load = CLUSTER.load(Plan.of(Scale.of(100, 2_000))).start();
        int trials = Scale.of(1, 100);
        for (int i = 0; i < trials; i++) {
            load.goOnFor(20);
            var node = freezeInTheMidstOfASweep();
            awaitLeasesPassed();
            node.thaw();
        }
        load.finish("SIGSTOP of the sweeping node past the lease, " + trials + " times");
    }

    @Test
    void I7_workersStoppedPastTheirLeaseAndContinued() {
        var load = CLUSTER.load(Plan.of(Scale.of(100, 2_000))).start();
        var late = load.process("late");
        var heir = load.worker("heir", WorkerProcess.LANE);
        int trials = Scale.of(1, 100);
        for (int i = 0; i < trials; i++) {
            var run = load.submitLong();
            var lease = freezeWithLease(late, load.notes());
            var inherited = await().atMost(PATIENCE)
                    .until(() -> heir.claim(1), claims -> !claims.isEmpty())
                    .get(0);
            late.thaw();
            await().atMost(PATIENCE).until(() -> load.notes()
                    .hasTriedToComplete(late.name(), inherited.runId(), (Long) lease.get("fence")));
            heir.complete(inherited);
            await().atMost(PATIENCE).until(() -> load.stateOf(run).equals("completed") || triesAgain(heir));
        }
        load.finish("SIGSTOP of a worker past its lease, " + trials + " times");
    }

    @Test
    void I7_aPoisonRunEndsAndTheOthersGoOn() {
        var load = CLUSTER.load(Plan.quick(100).maxLost(3)).start();
        var poison = load.submit(Worker.POISON);
        await().atMost(PATIENCE).until(() -> load.stateOf(poison).equals("failed"));
        var result = load.finish("a run that kills its workers");
        assertThat(ROWS.all("select failure_code from runs where state = 'failed' and id = cast(? as uuid)", poison))
                .extracting(row -> row.get("failure_code"))
                .containsExactly("lost_too_often");
        assertThat(load.number("completed")).isEqualTo(result.tried() - 1);
    }

    @Test
    void I7_manyRunsOrphanedAtOnce() {
        int number = Scale.of(300, 5_000);
        CLUSTER.load(Plan.quick(number)).orphan(number).start().finish("owners of all runs dead at once");
        assertThat(CLUSTER.nodes()).as("the breaker").anySatisfy(node -> assertThat(node.log())
                .containsPattern("has lost \\d+ of \\d+ owners at once; it is held"));
    }

    @Test
    void I7_nodesCutOffFromTheDatabase() {
        var load = CLUSTER.load(Plan.of(Scale.of(200, 3_000))).start();
        for (int node = 0; node < Scale.of(1, CLUSTER.nodes().size()); node++) {
            load.goOnFor(20);
            CLUSTER.lineToDatabase(node).holdBack();
            awaitLeasesPassed();
            if (Scale.isFull() && node == 0) {
                letPass(Duration.ofSeconds(60)); // longer than the driver waits for an answer
            }
            CLUSTER.lineToDatabase(node).heal();
        }
        if (Scale.isFull()) {
            load.goOnFor(20);
            CLUSTER.linesToDatabase().forEach(FaultyLine::holdBack);
            letPass(Duration.ofSeconds(15));
            CLUSTER.linesToDatabase().forEach(FaultyLine::cut);
            CLUSTER.mendLines();
        }
        load.finish("nodes cut off from the database");
    }

    @Test
    @Tag("chaos")
    void I7_thePoolExhausted() {
        var load = CLUSTER.load(Plan.of(Scale.of(150, 2_000))).start();
        load.goOnFor(20);
        try (var lock = HeldLock.by(ROWS, "lock table runs in exclusive mode")) {
            await().atMost(PATIENCE).until(() -> load.notes().timesUnavailable() > 10);
            if (Scale.isFull()) {
                letPass(Duration.ofSeconds(60));
            }
        }
        load.finish("connections exhausted");
    }

    @Test
    @Tag("chaos")
    void I7_aSnapshotHeldOpen() throws SQLException {
        var load = CLUSTER.load(Plan.of(Scale.of(150, 5_000)));
        try (var snapshot = ROWS.transaction()) {
            snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            snapshot.createStatement().execute("select from runs");
            load.start().finish("a snapshot held open");
        }
    }

    @Test
    @Tag("chaos")
    void I7_repliesLostAfterTheCommit() {
        var load = CLUSTER.load(Plan.of(Scale.of(100, 2_200))).start();
        cutReplies(0.01);
        load.goOnFor(Scale.of(50, 2_000));
        cutReplies(0.1);
        load.goOnFor(Scale.of(20, 100));
        CLUSTER.mendLines();
        load.finish("replies lost after the commit, 1 % and 10 %");
    }

    /** The pace of the full form: faults come by the clock. */
    private static void letPass(Duration time) {
        await().pollDelay(time).atMost(time.plus(PATIENCE)).until(() -> true);
    }

    private static void cutReplies(double share) {
        CLUSTER.linesToDatabase().forEach(line -> line.cutReplies(FaultyLine.TRANSACTION_ENDED, share, 1));
        CLUSTER.linesToNodes().forEach(line -> line.cutReplies(FaultyLine.HTTP_ANSWER, share, 2));
    }

    /** Until a claim that was made before this call is stale, and the others have swept since. */
    private static void awaitLeasesPassed() {
        var stale = CLUSTER.now().plus(Load.LEASE);
        await().atMost(Duration.ofSeconds(20)).until(() -> CLUSTER.sweptSince(stale));
    }

    private static HoldfastServer freezeInTheMidstOfASweep() {
        try (var table = HeldLock.by(ROWS, "lock table reaper in share mode")) {
            var sweeping = new HoldfastServer[1];
            await().pollInterval(Duration.ofMillis(10)).atMost(PATIENCE).until(() -> {
                CLUSTER.nodeThat(REAPERS_LOCK).ifPresent(node -> sweeping[0] = node);
                return sweeping[0] != null;
            });
            sweeping[0].freeze();
            return sweeping[0];
        }
    }

    /** On a slow machine an heir too can be too late. */
    private static boolean triesAgain(Worker heir) {
        heir.claim(1).forEach(heir::complete);
        return false;
    }

    /**
     * Stops it while it has a run in hand, and knows it: of a claim whose answer comes when it has given up waiting, it will
     * never hear.
     */
    private static Map<String, Object> freezeWithLease(WorkerProcess worker, Notes notes) {
        var found = new ArrayList<Map<String, Object>>();
        await().pollInterval(Duration.ofMillis(20)).atMost(PATIENCE).until(() -> {
            worker.freeze();
            ROWS.all("select run_id, fence from leases where worker_id = ?", worker.name()).stream()
                    .filter(lease ->
                            notes.hasClaimed(worker.name(), lease.get("run_id").toString(), (Long) lease.get("fence")))
                    .forEach(found::add);
            if (found.isEmpty()) {
                worker.thaw();
            }
            return !found.isEmpty();
        });
        return found.get(0);
    }
}
