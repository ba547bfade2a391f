package dev.holdfast.client.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Problem;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Lanes and their policies. */
@Command(name = "lane", description = "List, show, pause, unpause and set lanes.", synopsisSubcommandLabel = "COMMAND")
final class LaneCommand {
    private static final int NOT_FOUND = 404;

    @ParentCommand
    Cli cli;

    @Command(description = "List lanes.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--limit", defaultValue = "500") int limit) {
        cli.show(
                cli.list("/lanes", limit),
                "name",
                "queued",
                "inFlight",
                "suspended",
                "oldestQueuedAge",
                "workersPolling",
                "paused",
                "heartbeat");
        return ExitCode.OK;
    }

    @Command(description = "Show a lane's policy and counts.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "LANE") String name) {
        cli.showOne(cli.get(path(name, "")));
        return ExitCode.OK;
    }

    @Command(description = "Nothing is claimed from it any more.", mixinStandardHelpOptions = true)
    int pause(@Parameters(paramLabel = "LANE") String name) {
        cli.say(cli.post(path(name, "/pause"), null), name + " is paused");
        return ExitCode.OK;
    }

    @Command(description = "It is claimed from again.", mixinStandardHelpOptions = true)
    int unpause(@Parameters(paramLabel = "LANE") String name) {
        cli.say(cli.post(path(name, "/unpause"), null), name + " is no longer paused");
        return ExitCode.OK;
    }

    @Command(
            description = {
                "Change some of a lane's policy, or make the lane: lane set sync heartbeat=required heartbeatTimeout=PT1M.",
                "What is not named stays; NAME= alone takes a limit away. Refused if another changes it meanwhile."
            },
            mixinStandardHelpOptions = true)
    int set(
            @Parameters(paramLabel = "LANE") String name,
            @Parameters(paramLabel = "NAME=VALUE", arity = "1..*", index = "1..*") List<String> members) {
        HoldfastClient holdfast = cli.holdfast();
        ObjectNode lane = found(holdfast, name);
        Map<String, String> ifMatch = lane.has("version")
                ? Map.of("If-Match", "\"" + lane.path("version").asLong() + "\"")
                : Map.of();
        for (String member : members) {
            String[] parts = member.split("=", 2);
            if (parts.length < 2) {
                throw cli.usage("'" + member + "' is not NAME=VALUE");
            }
            if (parts[1].isEmpty()) {
                lane.remove(parts[0]);
            } else {
                lane.set(parts[0], value(parts[1]));
            }
        }
        JsonNode now = holdfast.call("PUT", path(name, ""), lane, ifMatch);
        cli.say(now, name + " is set, version " + now.path("version").asText());
        return ExitCode.OK;
    }

    private static ObjectNode found(HoldfastClient holdfast, String name) {
        try {
            return (ObjectNode) holdfast.call("GET", path(name, ""), null, Map.of());
        } catch (Problem problem) {
            if (problem.status() != NOT_FOUND) {
                throw problem;
            }
            return Cli.JSON.createObjectNode();
        }
    }

    /** Numbers, truth values and objects are JSON; anything else is text, without quotes. */
    private static JsonNode value(String typed) {
        try {
            return Cli.JSON.readTree(typed);
        } catch (JsonProcessingException e) {
            return TextNode.valueOf(typed);
        }
    }

    private static String path(String name, String rest) {
        return "/lanes/" + Cli.encoded(name) + rest;
    }
}
