package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Keys of the caller's tenant. Only one that was made here is ever shown. */
@Command(
        name = "key",
        description = "List, create and revoke keys; show one's own.",
        synopsisSubcommandLabel = "COMMAND")
final class KeyCommand {
    @ParentCommand
    Cli cli;

    @Command(description = "List keys: what they may do, never the keys themselves.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--limit", defaultValue = "50") int limit) {
        cli.show(
                cli.list("/keys", limit),
                "id",
                "name",
                "prefix",
                "scopes",
                "createdAt",
                "expiresAt",
                "revokedAt",
                "lastUsedAt");
        return ExitCode.OK;
    }

    @Command(description = "Make a key. It is shown this once, or written to a file.", mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--scope", split = ",", required = true, description = "e.g. runs:submit,runs:read")
                    List<String> scopes,
            @Option(names = "--expires-at", description = "e.g. 2027-01-01T00:00:00Z; never by default.")
                    String expiresAt,
            @Option(
                            names = "--to-file",
                            description = "A file that only its owner can read; the key is not shown then.")
                    String file) {
        ObjectNode body = Cli.JSON.createObjectNode().put("name", name);
        scopes.forEach(body.putArray("scopes")::add);
        RunCommand.put(body, "expiresAt", expiresAt);
        Secret secret = Secret.readyFor(file);
        ObjectNode key = (ObjectNode) cli.post("/keys", body);
        secret.show(cli, key);
        return ExitCode.OK;
    }

    @Command(description = "Revoke a key, at once and on every node.", mixinStandardHelpOptions = true)
    int revoke(@Parameters(paramLabel = "ID") String id) {
        JsonNode reply = cli.holdfast().call("DELETE", "/keys/" + Cli.encoded(id), null, Map.of());
        cli.say(Cli.JSON.createObjectNode().put("id", id).put("revoked", true), id + " is revoked" + reply.asText(""));
        return ExitCode.OK;
    }

    @Command(description = "Show what one's own key is and may do.", mixinStandardHelpOptions = true)
    int self() {
        cli.showOne(cli.get("/keys/self"));
        return ExitCode.OK;
    }
}
