package dev.holdfast.client.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.client.Problem;
import dev.holdfast.client.Unreachable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** Looks at what usually is wrong when something is wrong, from where the caller sits. */
@Command(
        name = "doctor",
        description =
                "Look whether Holdfast is well: reachable, ready, its clock, one's key, stuck work, silent workers.",
        mixinStandardHelpOptions = true)
final class Doctor implements Callable<Integer> {
    private static final Duration CLOCKS_APART = Duration.ofSeconds(5);
    private static final int MOST = 500;

    @ParentCommand
    Cli cli;

    private final ArrayNode findings = Cli.JSON.createArrayNode();
    private boolean reached;
    private boolean refused;

    @Override
    public Integer call() {
        String urls = cli.environment().getOrDefault("HOLDFAST_URL", "http://localhost:9080");
        for (String url : urls.split(",")) {
            node(url.strip().replaceFirst("/+$", ""));
        }
        if (reached) {
            key();
        }
        if (reached && !refused) {
            look("lanes", this::lanes);
            look("owners", this::owners);
            look("workers", this::workers);
        }
        report();
        return !reached
                ? ExitCode.UNREACHABLE
                : refused ? ExitCode.UNAUTHORIZED : worst() > 0 ? ExitCode.NOT_WELL : ExitCode.OK;
    }

    private void node(String url) {
        try {
            HttpResponse<String> ready = fetch(url + "/health/ready");
            reached = true;
            JsonNode health = json(ready.body());
            if (ready.statusCode() == 200) {
                found("ok", "node", url + " is ready");
            } else {
                StringBuilder because = new StringBuilder();
                health.path("checks").forEach(check -> {
                    if (check.path("status").asText().equals("DOWN")) {
                        because.append(" ")
                                .append(check.path("name").asText())
                                .append(": ")
                                .append(check.path("data").path("because").asText("down"));
                    }
                });
                found("bad", "node", url + " is not ready:" + because);
            }
            clock(url, ready);
            JsonNode api = json(fetch(url + "/openapi?format=json").body());
            found(
                    "ok",
                    "versions",
                    "API " + api.path("info").path("version").asText("unknown") + " at " + url + ", this program "
                            + Cli.version());
        } catch (IOException | IllegalArgumentException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            found("bad", "node", url + " cannot be reached: " + why);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static HttpResponse<String> fetch(String url) throws IOException, InterruptedException {
        HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        return http.send(
                HttpRequest.newBuilder(URI.create(url))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonNode json(String body) {
        try {
            return Cli.JSON.readTree(body);
        } catch (IOException e) {
            return Cli.JSON.createObjectNode();
        }
    }

    /** Nothing depends on this machine's clock, but whoever compares its logs with a timeline does. */
    private void clock(String url, HttpResponse<?> reply) {
        reply.headers().firstValue("Date").ifPresent(date -> {
            Instant there = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration apart = Duration.between(there, Instant.now());
            boolean far = apart.abs().compareTo(CLOCKS_APART) > 0;
            found(
                    far ? "odd" : "ok",
                    "clock",
                    "this machine is " + seconds(apart) + " from " + url
                            + (far ? ": mind it when you compare logs; no rule depends on it" : ""));
        });
    }

    private static String seconds(Duration duration) {
        return duration.toSeconds() + " s";
    }

    private void key() {
        try {
            JsonNode self = cli.get("/keys/self");
            found(
                    "ok",
                    "key",
                    "'" + self.path("name").asText() + "' of tenant "
                            + self.path("tenantId").asText()
                            + ", may " + self.path("scopes") + ", "
                            + (self.has("expiresAt")
                                    ? "until " + self.path("expiresAt").asText()
                                    : "without end"));
        } catch (Problem | Unreachable | IllegalArgumentException e) {
            refused = true;
            found("bad", "key", e.getMessage());
        }
    }

    private void look(String what, Runnable look) {
        try {
            look.run();
        } catch (Problem problem) {
            found(problem.status() == 403 ? "odd" : "bad", what, "not seen: " + problem.getMessage());
        } catch (Unreachable gone) {
            found("bad", what, gone.getMessage());
        }
    }

    private void lanes() {
        int before = findings.size();
        JsonNode lanes = cli.list("/lanes", MOST).path("items");
        lanes.forEach(lane -> {
            String name = lane.path("name").asText();
            int queued = lane.path("queued").asInt();
            if (lane.has("heldUntil")) {
                found(
                        "odd",
                        "lanes",
                        name + " is held by the reaper until "
                                + lane.path("heldUntil").asText()
                                + ": more than half of its owners fell silent at once");
            }
            if (queued > 0 && lane.path("paused").asBoolean()) {
                found("odd", "lanes", name + " is paused, with " + queued + " queued: lane unpause " + name);
            } else if (queued > 0
                    && lane.path("workersPolling").asInt() == 0
                    && lane.path("inFlight").asInt() == 0) {
                found(
                        "odd",
                        "lanes",
                        name + " has " + queued + " queued since "
                                + lane.path("oldestQueuedAge").asText("a time ahead")
                                + ", and no worker asks for them");
            }
        });
        if (findings.size() == before) {
            found("ok", "lanes", lanes.size() + ", none stuck");
        }
    }

    private void owners() {
        int stale = cli.list("/runs?stale=true", MOST).path("items").size();
        found(
                stale == 0 ? "ok" : "odd",
                "owners",
                stale == 0
                        ? "none is dead by its lane's rules"
                        : stale + " runs have owners that are dead by their lane's rules: sweep --dry-run shows them");
    }

    /** Claimed, but not running: its worker has not said a word since the claim. */
    private void workers() {
        Set<String> silent = new LinkedHashSet<>();
        cli.list("/runs?state=claimed", MOST).path("items").forEach(run -> {
            Duration held = Duration.between(
                    Instant.parse(run.path("claimedAt").asText(Instant.now().toString())), Instant.now());
            if (held.compareTo(Duration.ofMinutes(2)) > 0) {
                silent.add(run.path("workerId").asText());
            }
        });
        found(
                silent.isEmpty() ? "ok" : "odd",
                "workers",
                silent.isEmpty()
                        ? "none that holds a run for minutes without a heartbeat"
                        : "hold runs for minutes without a heartbeat: " + String.join(", ", silent));
    }

    private void found(String how, String what, String text) {
        findings.addObject().put("how", how).put("what", what).put("text", text);
    }

    private int worst() {
        int worst = 0;
        for (JsonNode finding : findings) {
            worst = Math.max(worst, finding.path("how").asText().equals("ok") ? 0 : 1);
        }
        return worst;
    }

    private void report() {
        if (cli.isJson()) {
            ObjectNode report = Cli.JSON.createObjectNode();
            report.set("findings", findings);
            cli.json(report);
            return;
        }
        findings.forEach(finding -> {
            String how = finding.path("how").asText();
            String line = "%-4s %-9s %s"
                    .formatted(
                            how,
                            finding.path("what").asText(),
                            finding.path("text").asText().replaceAll("\\p{Cntrl}", "?"));
            String colour = how.equals("bad") ? "red" : how.equals("odd") ? "yellow" : "green";
            cli.out().println(cli.ansi().enabled() ? new Table.Painted(colour).around(line) : line);
        });
    }
}
