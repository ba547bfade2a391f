package dev.holdfast.examples.inventory;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.RunQuery;
import java.util.Map;

/** What the demonstration calls its lanes, its types and its label. */
final class Lanes {
    static final String JARS = "inventory";
    static final String REPORT = "inventory-report";
    static final String JAR_TYPE = "jar";
    static final String REPORT_TYPE = "report";

    /** Carried by each run of one execution of the demonstration. */
    static final String EXECUTION = "execution";

    /** Told by the report's worker when the approval did not open another file. */
    static final String REFUSED = "worker.other_file_refused";

    private static final int MOST_PER_PAGE = 500;

    private Lanes() {}

    /** The workers beat from the claim on, so their silence may be judged from there, and soon. */
    static void declare(HoldfastClient holdfast) {
        Map<String, Object> policy = Map.of(
                "heartbeat", "required",
                "heartbeatTimeout", "PT5S",
                "backoff", Map.of("initial", "PT0.1S", "factor", 2, "max", "PT1S"));
        holdfast.declareLane(JARS, policy);
        holdfast.declareLane(REPORT, policy);
    }

    /** The JARs' runs of one execution. */
    static RunQuery jarsOf(String execution) {
        return RunQuery.all().lane(JARS).label(EXECUTION, execution).limit(MOST_PER_PAGE);
    }
}
