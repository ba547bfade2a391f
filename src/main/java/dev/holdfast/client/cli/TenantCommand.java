package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Tenants, for a system key. */
@Command(
        name = "tenant",
        description = "List, create, disable and enable tenants, with a system key.",
        synopsisSubcommandLabel = "COMMAND")
final class TenantCommand {
    @ParentCommand
    Cli cli;

    @Command(description = "List tenants.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--limit", defaultValue = "50") int limit) {
        cli.show(cli.list("/tenants", limit), "id", "name", "createdAt", "disabledAt");
        return ExitCode.OK;
    }

    @Command(
            description = "Make a tenant. Its first key is shown this once, or written to a file.",
            mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--to-file",
                            description = "A file that only its owner can read; the key is not shown then.")
                    String file) {
        Secret secret = Secret.readyFor(file);
        ObjectNode tenant =
                (ObjectNode) cli.post("/tenants", Cli.JSON.createObjectNode().put("name", name));
        secret.show(cli, tenant);
        return ExitCode.OK;
    }

    @Command(description = "Its keys are refused at once.", mixinStandardHelpOptions = true)
    int disable(@Parameters(paramLabel = "ID") String id) {
        JsonNode tenant = cli.post("/tenants/" + Cli.encoded(id) + "/disable", null);
        cli.say(tenant, id + " is disabled");
        return ExitCode.OK;
    }

    @Command(description = "Its keys serve again.", mixinStandardHelpOptions = true)
    int enable(@Parameters(paramLabel = "ID") String id) {
        JsonNode tenant = cli.post("/tenants/" + Cli.encoded(id) + "/enable", null);
        cli.say(tenant, id + " is enabled");
        return ExitCode.OK;
    }
}
