package dev.holdfast.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.HoldfastServer;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Thousands of requests made from the document, by several callers at once on two nodes while the reaper sweeps. The seed
 * is in the log; {@code -Dfuzz.seed=…} walks the same ways again. The ordinary build walks the same ways each time, {@code
 * -Pchaos} longer ones that nobody has walked.
 */
class FuzzIT {
    private static final Logger LOG = Logger.getLogger(FuzzIT.class.getName());
    private static final int WALKERS = 6;
    private static final int SHOWN = 15;

    private static final int ORDINARY = 10_000;

    private final int calls = Integer.getInteger("holdfast.fuzz.calls", ORDINARY);
    private final long seed = Long.getLong("fuzz.seed", calls > ORDINARY ? System.nanoTime() : 1);
    private final Rows rows = Rows.ofCluster();
    private final List<HoldfastServer> nodes = List.of(Cluster.node(1), Cluster.node(2));
    private final List<Tenant> tenants = List.of(Tenant.newOn(nodes.get(0), rows), Tenant.newOn(nodes.get(0), rows));

    @Test
    void I10_noRequestIsAnsweredByAFault() {
        LOG.info("Fuzzing: -Dfuzz.seed=" + seed);
        var faultsBefore = faults();
        long begun = System.nanoTime();

        var walkers = Api.inParallel(WALKERS, this::walk);

        var statuses = new TreeMap<Integer, Integer>();
        walkers.forEach(walker -> walker.statuses().forEach((status, n) -> statuses.merge(status, n, Integer::sum)));
        LOG.info("Fuzzing: %d calls in %d s, by status %s"
                .formatted(calls, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun), statuses));
        var findings =
                walkers.stream().flatMap(walker -> walker.findings().stream()).toList();
        assertThat(findings.stream().limit(SHOWN))
                .as(findings.size() + " findings, -Dfuzz.seed=" + seed)
                .isEmpty();
        assertThat(faults()).as("faults in the logs").isEqualTo(faultsBefore);
        assertThat(statuses.keySet()).as("walks that get somewhere").contains(200, 201, 204, 304, 400, 404, 409);
        rows.assertInvariants();
    }

    private Walker walk(int number) {
        var tenant = tenants.get(number % tenants.size());
        var node = nodes.get(number / tenants.size() % nodes.size());
        var others = List.of("Bearer x", "Basic eDp5", "Bearer " + tenant.newKey(List.of("runs:read")), "");
        return new Walker(seed + number, () -> Api.at(node.uri()).withKey(tenant.newKey(Tenant.SCOPES)), others)
                .walk(calls / WALKERS);
    }

    /** What the nodes think should not have happened. */
    private List<Object> faults() {
        return nodes.stream()
                .<Object>flatMap(node -> Stream.concat(
                        node.log().lines().filter(line -> line.contains("unexpected fault")),
                        node.faultRecords().stream()))
                .toList();
    }
}
