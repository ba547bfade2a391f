package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.Event;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Problem;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Runs, as a producer and an operator see them. */
@Command(
        name = "run",
        description = "Submit, list, show, tail, cancel, resume and pause runs.",
        synopsisSubcommandLabel = "COMMAND")
final class RunCommand {
    private static final List<String> ENDS = List.of("completed", "failed", "cancelled");

    @ParentCommand
    Cli cli;

    @Command(description = "Submit a run. Prints its id.", mixinStandardHelpOptions = true)
    int submit(
            @Parameters(paramLabel = "LANE") String lane,
            @Option(names = "--input", description = "JSON, @file, or - for standard input.") String input,
            @Option(names = "--type") String type,
            @Option(names = "--subject", description = "What it is about: one active run per lane and subject.")
                    String subject,
            @Option(names = "--label", paramLabel = "NAME=VALUE") Map<String, String> labels,
            @Option(names = "--metadata", description = "A JSON object, @file, or -.") String metadata,
            @Option(names = "--priority", description = "-100 to 100, higher first.") Integer priority,
            @Option(names = "--delay", description = "Not claimable before, e.g. PT5M.") String delay,
            @Option(names = "--conversation") String conversation,
            @Option(names = "--concurrency-key") String concurrencyKey,
            @Option(names = "--approval", description = "The question that gates it: JSON, @file, or -.")
                    String approval,
            @Option(names = "--idempotency-key", description = "The same key and the same run: submitted once.")
                    String once,
            @Option(names = "--wait", description = "Follow it to its end; ends with 5 unless it completes.")
                    boolean wait) {
        ObjectNode body = Cli.JSON.createObjectNode().put("lane", lane);
        put(body, "type", type);
        put(body, "subject", subject);
        put(body, "delay", delay);
        put(body, "conversationId", conversation);
        put(body, "concurrencyKey", concurrencyKey);
        typed(body, "input", input);
        typed(body, "metadata", metadata);
        typed(body, "approval", approval);
        if (priority != null) {
            body.put("priority", priority);
        }
        if (labels != null) {
            labels.forEach(body.putObject("labels")::put);
        }
        // With a key of its own no repeat can make a second run.
        String key = once == null ? UUID.randomUUID().toString() : once;
        JsonNode run = cli.holdfast().call("POST", "/runs", body, Map.of("Idempotency-Key", key));
        cli.say(run, run.path("id").asText());
        return wait ? follow(run.path("id").asText(), null) : ExitCode.OK;
    }

    @Command(description = "List runs, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Option(names = "--lane") String lane,
            @Option(names = "--state", split = ",", description = "One or several, with commas.") List<String> states,
            @Option(names = "--type") String type,
            @Option(names = "--subject") String subject,
            @Option(names = "--label", paramLabel = "NAME:VALUE") List<String> labels,
            @Option(names = "--worker") String worker,
            @Option(names = "--failure-code") String failureCode,
            @Option(names = "--stale", description = "In flight, but the owner is dead by the lane's rules.")
                    boolean stale,
            @Option(names = "--resumable", description = "Those that a resume would move.") boolean resumable,
            @Option(names = "--limit", defaultValue = "50") int limit) {
        StringBuilder query = new StringBuilder("/runs?");
        add(query, "lane", lane);
        add(query, "state", states == null ? null : String.join(",", states));
        add(query, "type", type);
        add(query, "subject", subject);
        add(query, "workerId", worker);
        add(query, "failureCode", failureCode);
        add(query, "stale", stale ? "true" : null);
        add(query, "resumable", resumable ? "true" : null);
        if (labels != null) {
            labels.forEach(label -> add(query, "label", label));
        }
        String path = query.substring(0, query.length() - 1);
        cli.show(cli.list(path, limit), "id", "lane", "state", "subject", "workerId", "submittedAt", "failure.code");
        return ExitCode.OK;
    }

    @Command(description = "Show a run, and why it is where it is.", mixinStandardHelpOptions = true)
    int show(@Parameters(paramLabel = "RUN") String id) {
        HoldfastClient holdfast = cli.holdfast();
        JsonNode run = cli.get(path(id, ""));
        JsonNode why = holdfast.explain(id);
        if (cli.isJson()) {
            cli.json(((ObjectNode) run).set("explain", why));
            return ExitCode.OK;
        }
        cli.showOne(run);
        why.path("because").forEach(reason -> cli.out()
                .println("because           " + reason.path("text").asText()));
        JsonNode liveness = why.path("liveness");
        if (liveness.has("staleAt")) {
            cli.out()
                    .println("reaped from       " + liveness.path("staleAt").asText() + ", by the rule "
                            + liveness.path("rule").asText());
        }
        return ExitCode.OK;
    }

    @Command(
            description =
                    "Follow a run's timeline, over all cuts, until it has ended. Ends with 5 unless it completes.",
            mixinStandardHelpOptions = true)
    int tail(
            @Parameters(paramLabel = "RUN") String id,
            @Option(names = "--after", description = "The id of the last event that is known already.") String after) {
        return follow(id, after);
    }

    private int follow(String id, String after) {
        String[] end = {""};
        cli.holdfast().follow(id, after, event -> {
            print(event);
            end[0] = event.to() == null ? end[0] : event.to();
            return !ENDS.contains(end[0]);
        });
        // Nothing may be left to follow; then the run itself says how it ended.
        String state = end[0].isEmpty() ? cli.holdfast().get(id).state() : end[0];
        return state.equals("completed") ? ExitCode.OK : ExitCode.NOT_WELL;
    }

    private void print(Event event) {
        if (cli.isJson()) {
            ObjectNode line = Cli.JSON
                    .createObjectNode()
                    .put("id", event.id())
                    .put("type", event.type())
                    .put("at", event.at().toString());
            put(line, "from", event.from());
            put(line, "to", event.to());
            put(line, "by", event.actor() == null ? null : event.actor().id());
            put(line, "reason", event.reason());
            if (event.data() != null) {
                line.set("data", event.data());
            }
            cli.out().println(line);
            return;
        }
        String who = event.actor() == null
                ? ""
                : event.actor().kind()
                        + (event.actor().id() == null ? "" : " " + event.actor().id());
        String more = event.reason() != null ? event.reason() : event.data() == null ? "" : Table.text(event.data());
        cli.out()
                .println("%s  %-18s  %s  %s"
                        .formatted(event.at(), event.type(), who, more)
                        .stripTrailing());
    }

    @Command(description = "Cancel runs.", mixinStandardHelpOptions = true)
    int cancel(
            @Parameters(paramLabel = "RUN", arity = "1..*") List<String> ids,
            @Option(names = "--reason") String reason,
            @Option(names = "--cascade", description = "Its descendants too.") boolean cascade) {
        ObjectNode body = reason(reason);
        if (cascade) {
            body.put("cascade", true);
        }
        return each(ids, id -> {
            JsonNode reply = cli.post(path(id, "/cancel"), body);
            cli.say(
                    reply,
                    id
                            + (reply.path("cancelled").asBoolean()
                                    ? " is cancelled"
                                    : " had ended before: "
                                            + reply.path("state").asText()));
        });
    }

    @Command(
            description = "Resume runs that failed, were paused, or whose owner is dead.",
            mixinStandardHelpOptions = true)
    int resume(
            @Parameters(paramLabel = "RUN", arity = "1..*") List<String> ids,
            @Option(names = "--reason") String reason) {
        return each(ids, id -> move(id, "/resume", reason));
    }

    @Command(
            description = "Take runs from the queue or their owners, until they are resumed.",
            mixinStandardHelpOptions = true)
    int pause(
            @Parameters(paramLabel = "RUN", arity = "1..*") List<String> ids,
            @Option(names = "--reason") String reason) {
        return each(ids, id -> move(id, "/pause", reason));
    }

    private void move(String id, String route, String reason) {
        JsonNode run = cli.post(path(id, route), reason(reason));
        cli.say(run, id + " is " + run.path("state").asText());
    }

    /** One that is refused stops no other; the last refusal says how it ends. */
    private int each(List<String> ids, java.util.function.Consumer<String> deed) {
        int code = ExitCode.OK;
        for (String id : ids) {
            try {
                deed.accept(id);
            } catch (Problem problem) {
                if (ids.size() == 1) {
                    throw problem;
                }
                cli.spec.commandLine().getErr().println(id + ": " + problem.getMessage());
                code = ExitCode.of(problem);
            }
        }
        return code;
    }

    private static String path(String id, String rest) {
        return "/runs/" + Cli.encoded(id) + rest;
    }

    private static ObjectNode reason(String reason) {
        ObjectNode body = Cli.JSON.createObjectNode();
        put(body, "reason", reason);
        return body;
    }

    private void typed(ObjectNode body, String member, String text) {
        if (text != null) {
            body.set(member, cli.typed(text, "--" + member));
        }
    }

    static void put(ObjectNode body, String member, String value) {
        if (value != null) {
            body.put(member, value);
        }
    }

    static void add(StringBuilder query, String name, String value) {
        if (value != null) {
            query.append(name).append('=').append(Cli.encoded(value)).append('&');
        }
    }
}
