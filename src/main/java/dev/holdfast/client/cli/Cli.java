package dev.holdfast.client.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.HoldfastClient;
import dev.holdfast.client.Problem;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: its options, and what its commands have in common. */
@Command(
        name = "holdfast",
        description = "Holdfast by the command line.",
        mixinStandardHelpOptions = true,
        versionProvider = Cli.Version.class,
        subcommands = {
            RunCommand.class,
            ApprovalCommand.class,
            LaneCommand.class,
            SweepCommand.class,
            KeyCommand.class,
            ScheduleCommand.class,
            TenantCommand.class,
            Doctor.class
        },
        synopsisSubcommandLabel = "COMMAND",
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:Holdfast refused",
            "2:what was typed makes no sense",
            "3:no answer came, or Holdfast is busy or away",
            "4:the key is missing, dead or may not do this",
            "5:answered, but not well: the run did not complete, the doctor found something"
        },
        footerHeading = "%nEnvironment:%n",
        footer = {
            "  HOLDFAST_URL       where Holdfast is, several with commas; http://localhost:9080",
            "  HOLDFAST_KEY       the key to come with, or",
            "  HOLDFAST_KEY_FILE  the file that holds it; .holdfast/bootstrap.key",
            "  NO_COLOR           without colours, whatever it is set to"
        })
public final class Cli {
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** A person waits. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How it prints. */
    enum Format {
        table,
        json
    }

    /** Out of the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"holdfast " + version()};
        }
    }

    static String version() {
        String version = Cli.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }

    @Option(
            names = {"-o", "--output"},
            scope = ScopeType.INHERIT,
            description = "${COMPLETION-CANDIDATES}; table by default. json is the API's own.")
    Format format = Format.table;

    @Option(names = "--url", scope = ScopeType.INHERIT, description = "In place of HOLDFAST_URL.")
    String url;

    @Option(
            names = "--key-file",
            scope = ScopeType.INHERIT,
            description = "In place of HOLDFAST_KEY and HOLDFAST_KEY_FILE.")
    String keyFile;

    @Spec
    CommandSpec spec;

    private final Map<String, String> environment;

    Cli(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Ends the JVM with one of the exit codes. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(System.getenv(), out, err, args));
    }

    static int run(Map<String, String> environment, PrintWriter out, PrintWriter err, String... args) {
        return new CommandLine(new Cli(environment))
                .setOut(out)
                .setErr(err)
                .setUsageHelpAutoWidth(true)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionStrategy(new CommandLine.RunLast())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    explain(failure, command.getErr());
                    return ExitCode.of(failure);
                })
                .execute(args);
    }

    private static void explain(Exception failure, PrintWriter err) {
        if (!(failure instanceof Problem problem)) {
            err.println(failure.getMessage());
            return;
        }
        err.println("Refused: " + problem.getMessage());
        problem.member("violations")
                .forEach(violation -> err.println("  " + violation.path("field").asText() + " "
                        + violation.path("message").asText()));
        if (!problem.member("currentState").isMissingNode()) {
            err.println("  It is " + problem.member("currentState").asText() + " now.");
        }
    }

    Map<String, String> environment() {
        Map<String, String> variables = new HashMap<>(environment);
        if (url != null) {
            variables.put("HOLDFAST_URL", url);
        }
        if (keyFile != null) {
            variables.remove("HOLDFAST_KEY");
            variables.put("HOLDFAST_KEY_FILE", keyFile);
        }
        return variables;
    }

    HoldfastClient holdfast() {
        return HoldfastClient.from(environment()).withPatience(PATIENCE);
    }

    JsonNode get(String path) {
        return holdfast().call("GET", path, null, Map.of());
    }

    JsonNode post(String path, JsonNode body) {
        return holdfast().call("POST", path, body, Map.of());
    }

    /** Up to so many items of a list, page by page; {@code nextCursor} is there if it has more. */
    ObjectNode list(String path, int limit) {
        ObjectNode whole = JSON.createObjectNode();
        List<JsonNode> items = new ArrayList<>();
        String cursor = "";
        while (cursor != null && items.size() < limit) {
            String page = path + (path.contains("?") ? "&" : "?") + "limit=" + Math.min(500, limit - items.size());
            JsonNode reply = get(page + (cursor.isEmpty() ? "" : "&cursor=" + encoded(cursor)));
            reply.path("items").forEach(items::add);
            cursor = reply.path("nextCursor").asText(null);
        }
        whole.putArray("items").addAll(items);
        if (cursor != null) {
            whole.put("nextCursor", cursor);
        }
        return whole;
    }

    static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    Ansi ansi() {
        return environment.containsKey("NO_COLOR") ? Ansi.OFF : Ansi.AUTO;
    }

    boolean isJson() {
        return format == Format.json;
    }

    void json(JsonNode document) {
        try {
            out().println(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A list: as it came, or these of its columns. */
    void show(JsonNode list, String... columns) {
        if (isJson()) {
            json(list);
            return;
        }
        Table table = new Table(columns);
        list.path("items").forEach(table::add);
        table.print(out(), ansi());
        if (list.has("nextCursor")) {
            out().println("There are more: --limit");
        }
    }

    /** One thing: as it came, or a line a member. */
    void showOne(JsonNode thing) {
        if (isJson()) {
            json(thing);
            return;
        }
        thing.properties().forEach(member -> out().printf("%-16s  %s%n", member.getKey(), value(member.getValue())));
    }

    private static String value(JsonNode value) {
        String text = value.isTextual() ? value.asText() : value.toString();
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    /** A done deed: the JSON, or these words. */
    void say(JsonNode document, String words) {
        if (isJson()) {
            json(document);
        } else {
            out().println(words);
        }
    }

    /** What was typed for JSON: itself, {@code @file}, or {@code -} for standard input. */
    JsonNode typed(String text, String option) {
        try {
            String json = text.equals("-")
                    ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                    : text.startsWith("@") ? Files.readString(Path.of(text.substring(1))) : text;
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw usage(option + " is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw usage(option + ": cannot read " + e.getMessage());
        }
    }

    CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
