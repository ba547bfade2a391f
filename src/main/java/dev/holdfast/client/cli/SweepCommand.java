package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** A sweep now, or what it would do. */
@Command(
        name = "sweep",
        description = "Sweep now; with --dry-run, show what a sweep would do.",
        mixinStandardHelpOptions = true)
final class SweepCommand implements Callable<Integer> {
    @ParentCommand
    Cli cli;

    @Option(names = "--dry-run")
    boolean dryRun;

    @Option(
            names = "--phase",
            split = ",",
            description = "leases, approvals, timers, queue, runs, keys, retention; all by default.")
    List<String> phases;

    @Option(names = "--cutoff", description = "Everything in flight that has been silent for so long, e.g. PT10M.")
    String cutoff;

    @Override
    public Integer call() {
        ObjectNode body = Cli.JSON.createObjectNode();
        if (dryRun) {
            body.put("dryRun", true);
        }
        if (phases != null) {
            phases.forEach(body.putArray("phases")::add);
        }
        RunCommand.put(body, "cutoff", cutoff);
        JsonNode sweep = cli.post("/sweeps", body);
        if (cli.isJson()) {
            cli.json(sweep);
            return ExitCode.OK;
        }
        Table verdicts = new Table("runId", "phase", "rule", "outcome", "evidence.lane", "evidence.workerId");
        sweep.path("verdicts").forEach(verdicts::add);
        if (!sweep.path("verdicts").isEmpty()) {
            verdicts.print(cli.out(), cli.ansi());
        }
        cli.out()
                .println((dryRun ? "Would be moved: " : "Moved: ")
                        + sweep.path("cleanedUp").asText() + ", could not be: "
                        + sweep.path("failed").asText());
        return ExitCode.OK;
    }
}
