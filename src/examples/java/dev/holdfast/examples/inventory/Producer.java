package dev.holdfast.examples.inventory;

import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Run;
import dev.holdfast.client.Submission;
import dev.holdfast.client.Submitted;
import java.util.List;
import java.util.Map;

/** Submits the runs of one execution. */
final class Producer {
    /** Well below the largest body that Holdfast takes. */
    private static final int BATCH = 500;

    private final HoldfastClient holdfast;
    private final String execution;

    Producer(HoldfastClient holdfast, String execution) {
        this.holdfast = holdfast;
        this.execution = execution;
    }

    void submit(List<String> jars) throws CannotRun {
        for (int from = 0; from < jars.size(); from += BATCH) {
            List<String> batch = jars.subList(from, Math.min(from + BATCH, jars.size()));
            for (Submitted outcome :
                    holdfast.submitAll(batch.stream().map(this::aJar).toList())) {
                if (outcome.problem() != null) {
                    throw new CannotRun("Holdfast did not take the run for " + batch.get(outcome.index()) + ": "
                            + outcome.problem().getMessage());
                }
            }
        }
    }

    /** The subject names the execution: a former one's run for the same JAR may still be in flight. */
    private Submission aJar(String path) {
        return Submission.to(Lanes.JARS)
                .type(Lanes.JAR_TYPE)
                .subject(execution + "/" + path)
                .label(Lanes.EXECUTION, execution)
                .input(Map.of("path", path));
    }

    Run submitReport(int jars) {
        Submission report = Submission.to(Lanes.REPORT)
                .type(Lanes.REPORT_TYPE)
                .subject(execution)
                .label(Lanes.EXECUTION, execution)
                .input(Map.of("execution", execution, "submitted", jars));
        return holdfast.submit(report, "inventory-report-" + execution);
    }
}
