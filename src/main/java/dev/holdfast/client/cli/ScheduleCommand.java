package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Recurring work. */
@Command(
        name = "schedule",
        description = "List, show, create, delete schedules; run one now.",
        synopsisSubcommandLabel = "COMMAND")
final class ScheduleCommand {
    @ParentCommand
    Cli cli;

    @Command(description = "List schedules.", mixinStandardHelpOptions = true)
    int list(@Option(names = "--limit", defaultValue = "50") int limit) {
        cli.show(
                cli.list("/schedules", limit),
                "name",
                "lane",
                "cron",
                "timeZone",
                "overlap",
                "enabled",
                "nextAt",
                "lastFiredAt");
        return ExitCode.OK;
    }

    @Command(description = "Show a schedule and its next firings.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "NAME") String name) {
        cli.showOne(cli.get(path(name, "")));
        return ExitCode.OK;
    }

    @Command(description = "Make a schedule: each firing submits one run.", mixinStandardHelpOptions = true)
    int create(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--lane", required = true) String lane,
            @Option(names = "--cron", required = true, description = "Five fields, or six with seconds first.")
                    String cron,
            @Option(names = "--time-zone", description = "UTC by default.") String timeZone,
            @Option(names = "--overlap", description = "skip, queue or cancel.") String overlap,
            @Option(names = "--catch-up", description = "none, one or all.") String catchUp,
            @Option(names = "--input", description = "JSON, @file, or -.") String input) {
        ObjectNode body =
                Cli.JSON.createObjectNode().put("name", name).put("lane", lane).put("cron", cron);
        RunCommand.put(body, "timeZone", timeZone);
        RunCommand.put(body, "overlap", overlap);
        RunCommand.put(body, "catchUp", catchUp);
        if (input != null) {
            body.set("input", cli.typed(input, "--input"));
        }
        JsonNode made = cli.post("/schedules", body);
        cli.say(made, name + " fires next at " + made.path("nextAt").asText("no time"));
        return ExitCode.OK;
    }

    @Command(description = "Fire it now, besides its times.", mixinStandardHelpOptions = true)
    int run(@Parameters(paramLabel = "NAME") String name) {
        JsonNode run = cli.post(path(name, "/run"), null);
        cli.say(run, run.path("id").asText());
        return ExitCode.OK;
    }

    @Command(description = "It fires no more. Its runs stay.", mixinStandardHelpOptions = true)
    int delete(@Parameters(paramLabel = "NAME") String name) {
        cli.holdfast().call("DELETE", path(name, ""), null, Map.of());
        cli.say(Cli.JSON.createObjectNode().put("name", name).put("deleted", true), name + " is gone");
        return ExitCode.OK;
    }

    private static String path(String name, String rest) {
        return "/schedules/" + Cli.encoded(name) + rest;
    }
}
