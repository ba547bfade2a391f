package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Questions to people. */
@Command(
        name = "approval",
        description = "List, show and decide what waits for a person.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = ApprovalCommand.Decide.class)
final class ApprovalCommand {
    private static final String ALL = "pending,approved,denied,expired,withdrawn";

    @ParentCommand
    Cli cli;

    @Command(description = "List approvals, oldest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--status", defaultValue = "pending", description = "pending by default; all for any.")
                    String status,
            @Option(names = "--lane") String lane,
            @Option(names = "--run") String run,
            @Option(names = "--limit", defaultValue = "50") int limit) {
        StringBuilder query = new StringBuilder("/approvals?");
        RunCommand.add(query, "status", status.equals("all") ? ALL : status);
        RunCommand.add(query, "lane", lane);
        RunCommand.add(query, "runId", run);
        JsonNode list = cli.list(query.substring(0, query.length() - 1), limit);
        cli.show(list, "id", "status", "deadline", "lane", "action", "title", "args");
        return ExitCode.OK;
    }

    @Command(
            description = "Show an approval: the exact action, and who has said what.",
            mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "APPROVAL") String id) {
        cli.showOne(cli.get("/approvals/" + Cli.encoded(id)));
        return ExitCode.OK;
    }

    /** One of them. */
    static final class Verdict {
        @Option(names = "--approve", required = true)
        boolean approve;

        @Option(names = "--deny", required = true)
        boolean deny;
    }

    /** A class of its own, as picocli knows alternatives only as a command's members. */
    @Command(name = "decide", description = "Approve or deny.", mixinStandardHelpOptions = true)
    static final class Decide implements java.util.concurrent.Callable<Integer> {
        @ParentCommand
        ApprovalCommand parent;

        @Parameters(paramLabel = "APPROVAL")
        String id;

        @ArgGroup(multiplicity = "1")
        Verdict verdict;

        @Option(names = "--reason")
        String reason;

        @Option(names = "--args-digest", description = "Of what was looked at: another is not decided.")
        String digest;

        @Override
        public Integer call() {
            ObjectNode body = Cli.JSON.createObjectNode().put("approved", verdict.approve);
            RunCommand.put(body, "reason", reason);
            RunCommand.put(body, "argsDigest", digest);
            JsonNode approval = parent.cli.post("/approvals/" + Cli.encoded(id) + "/decision", body);
            parent.cli.say(approval, id + " is " + approval.path("status").asText());
            return ExitCode.OK;
        }
    }
}
