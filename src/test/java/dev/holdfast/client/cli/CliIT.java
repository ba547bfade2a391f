package dev.holdfast.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.testkit.Cluster;
import dev.holdfast.testkit.Rows;
import dev.holdfast.testkit.Tenant;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line against a real node, in a tenant of its own. The task pages run it as a process of its own, out of its jar. */
class CliIT {
    private static final Rows ROWS = Rows.ofCluster();

    private final Tenant tenant = Tenant.newOn(Cluster.node(1), ROWS);
    private final String key = tenant.newKey(Tenant.SCOPES);
    private String out;
    private String err;

    @Test
    void runsAreSubmittedListedShownAndMoved() throws Exception {
        String id = ok("run", "submit", "mails", "--input", "{\"n\": 1.50}", "--label", "team=blue", "--type", "t");

        assertThat(ok("run", "list", "--lane", "mails")).contains("ID", "STATE", id, "queued");
        assertThat(json("run", "list", "--label", "team:blue")
                        .path("items")
                        .path(0)
                        .path("id")
                        .asText())
                .isEqualTo(id);
        assertThat(ok("run", "show", id)).contains("mails", "No worker polls lane mails");
        assertThat(json("run", "show", id)
                        .path("explain")
                        .path("because")
                        .path(0)
                        .path("code")
                        .asText())
                .isEqualTo("no_worker");
        assertThat(json("run", "show", id).path("input").path("n").decimalValue())
                .isEqualByComparingTo("1.5");
        assertThat(ok("run", "pause", id)).isEqualTo(id + " is suspended");
        assertThat(ok("run", "resume", id)).isEqualTo(id + " is queued");
        assertThat(ok("run", "cancel", id, "--reason", "no")).isEqualTo(id + " is cancelled");
        assertThat(ok("run", "cancel", id)).isEqualTo(id + " had ended before: cancelled");
    }

    @Test
    void oneRefusalStopsNoOther() {
        String id = ok("run", "submit", "mails");

        assertThat(run("run", "pause", UUID.randomUUID().toString(), id)).isEqualTo(ExitCode.REFUSED);
        assertThat(err).contains("not_found");
        assertThat(out).contains(id + " is suspended");
    }

    @Test
    void aRunIsFollowedToItsEndAndTheExitCodeSaysWhichItWas() throws Exception {
        String good = ok("run", "submit", "mails");
        var tail = CompletableFuture.supplyAsync(() -> new Typed("run", "tail", good, "-o", "json"));
        JsonNode claim = claim("mails");
        post("/runs/" + good + "/complete", Map.of("fence", claim.path("fence")));

        Typed followed = tail.get(30, TimeUnit.SECONDS);
        assertThat(followed.code).isEqualTo(ExitCode.OK);
        assertThat(followed.out.lines().map(line -> line.replaceAll(".*\"type\":\"(\\w+)\".*", "$1")))
                .containsExactly("submitted", "claimed", "completed");

        String bad = ok("run", "submit", "mails");
        Object failure = Map.of("code", "torn", "message", "The paper is torn");
        post(
                "/runs/" + bad + "/fail",
                Map.of("fence", claim("mails").path("fence"), "failure", failure, "retryable", false));
        assertThat(run("run", "tail", bad)).isEqualTo(ExitCode.NOT_WELL);
        assertThat(out).contains("failed", "worker w1");
    }

    @Test
    void theExitCodeSaysWhatWentWrong() {
        String unknown = UUID.randomUUID().toString();

        assertThat(run("run", "show", unknown)).isEqualTo(ExitCode.REFUSED);
        assertThat(run("run", "submit", "no lane's name")).isEqualTo(ExitCode.REFUSED);
        assertThat(err).contains("invalid_request", "lane");
        assertThat(run("run", "submit", "l", "--input", "{")).isEqualTo(ExitCode.USAGE);
        assertThat(run("run", "submit", "l", "--input", "@/none")).isEqualTo(ExitCode.USAGE);
        assertThat(run("run", "sbmit")).isEqualTo(ExitCode.USAGE);
        assertThat(run("lane", "set", "l", "heartbeat")).isEqualTo(ExitCode.USAGE);
        assertThat(run("key", "self", "--url", "no address")).isEqualTo(ExitCode.USAGE);
        assertThat(run("key", "self", "--url", "http://127.0.0.1:1")).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run("tenant", "list")).isEqualTo(ExitCode.UNAUTHORIZED);
        assertThat(run("key", "self", "--key-file", "/none")).isEqualTo(ExitCode.UNAUTHORIZED);
        assertThat(err).contains("No key");
    }

    @Test
    void aKeyIsShownOnlyWhenItWasMadeAndNotEvenThenIfItGoesIntoAFile(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("worker.key");
        String shown = ok("key", "create", "shown", "--scope", "runs:read");

        ok("key", "create", "hidden", "--scope", "runs:work,runs:read", "--to-file", "" + file);

        String hidden = Files.readString(file).strip();
        assertThat(shown).startsWith("hft_");
        assertThat(out).doesNotContain(hidden);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(run("key", "create", "lost", "--scope", "runs:read", "--to-file", "" + file))
                .as("the file is there")
                .isEqualTo(ExitCode.USAGE);
        String listed =
                ok("key", "list") + ok("key", "list", "-o", "json") + ok("key", "self", "--key-file", "" + file);
        assertThat(listed).contains("hidden", "runs:work").doesNotContain(hidden, shown, key, "lost");
        String id = json("key", "self", "--key-file", "" + file).path("id").asText();
        assertThat(ok("key", "revoke", id)).isEqualTo(id + " is revoked");
        assertThat(run("key", "self", "--key-file", "" + file)).isEqualTo(ExitCode.UNAUTHORIZED);
    }

    @Test
    void ofALaneOnlyWhatIsNamedChanges() throws Exception {
        ok("lane", "set", "exports", "heartbeat=required", "maxInFlight=2", "backoff={\"initial\": \"PT2S\"}");

        ok("lane", "set", "exports", "maxInFlight=", "onLost=fail");

        JsonNode lane = json("lane", "show", "exports");
        assertThat(lane.path("heartbeat").asText()).isEqualTo("required");
        assertThat(lane.path("onLost").asText()).isEqualTo("fail");
        assertThat(lane.path("backoff").path("initial").asText()).isEqualTo("PT2S");
        assertThat(lane.has("maxInFlight")).isFalse();
        assertThat(run("lane", "set", "exports", "haertbeat=none")).isEqualTo(ExitCode.REFUSED);
        assertThat(err).contains("haertbeat");
        assertThat(ok("lane", "pause", "exports") + ok("lane", "list")).contains("exports is paused", "true");
        assertThat(ok("lane", "unpause", "exports")).contains("no longer paused");
    }

    @Test
    void aQuestionIsListedAndDecided() throws Exception {
        String question = "{\"slot\": \"s\", \"action\": \"pay\", \"title\": \"Pay Ada\", \"args\": {\"n\": 1}}";
        ok("run", "submit", "payments", "--approval", question);
        assertThat(ok("approval", "list")).contains("Pay Ada", "payments", "pending");
        JsonNode approval = json("approval", "list").path("items").path(0);
        String id = approval.path("id").asText();

        assertThat(run("approval", "decide", id)).isEqualTo(ExitCode.USAGE);
        assertThat(run("approval", "decide", id, "--approve", "--deny")).isEqualTo(ExitCode.USAGE);
        assertThat(run("approval", "decide", id, "--approve", "--args-digest", "0".repeat(64)))
                .isEqualTo(ExitCode.REFUSED);
        assertThat(ok("approval", "decide", id, "--deny", "--reason", "no")).isEqualTo(id + " is denied");
        assertThat(run("approval", "decide", id, "--approve")).isEqualTo(ExitCode.REFUSED);
        assertThat(ok("approval", "list")).doesNotContain(id);
        assertThat(ok("approval", "list", "--status", "all")).contains(id, "denied");
        assertThat(ok("approval", "show", id)).contains("no");
    }

    @Test
    void theDoctorFindsWorkThatNobodyDoesAndIsContentOtherwise() throws Exception {
        assertThat(run("doctor")).as(out).isEqualTo(ExitCode.OK);
        assertThat(out).contains("is ready", "clock", "API 1.0", "may [");
        ok("run", "submit", "forgotten");
        ok("run", "submit", "shut");
        ok("lane", "pause", "shut");
        ok("run", "submit", "quiet");
        claim("quiet");
        ROWS.change(
                "update runs set claimed_at = claimed_at - interval '1 hour' where lane = 'quiet' and tenant_id = ?",
                tenant.id());

        assertThat(run("doctor", "-o", "json")).isEqualTo(ExitCode.NOT_WELL);

        assertThat(Cli.JSON.readTree(out).path("findings").findValuesAsText("text"))
                .anySatisfy(text -> assertThat(text).startsWith("forgotten has 1 queued"))
                .anySatisfy(text -> assertThat(text).startsWith("shut is paused, with 1 queued"))
                .anySatisfy(text -> assertThat(text).contains("without a heartbeat: w1"));
        assertThat(run("doctor", "--url", "http://127.0.0.1:1")).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(run("doctor", "--key-file", "/none")).isEqualTo(ExitCode.UNAUTHORIZED);
        assertThat(out).contains("bad  key").doesNotContain(key);
    }

    @Test
    void aSweepIsRehearsedAndASchedulesRunIsMade() throws Exception {
        assertThat(ok("sweep", "--dry-run")).isEqualTo("Would be moved: 0, could not be: 0");
        assertThat(json("sweep", "--dry-run", "--phase", "leases,keys")
                        .path("phases")
                        .size())
                .isEqualTo(2);

        ok("schedule", "create", "nightly", "--lane", "sync", "--cron", "30 2 * * *", "--input", "{\"full\": true}");
        String id = ok("schedule", "run", "nightly");

        assertThat(ok("schedule", "list")).contains("nightly", "30 2 * * *");
        assertThat(ok("schedule", "show", "nightly")).contains("nextFirings");
        assertThat(json("run", "show", id).path("input").path("full").asBoolean())
                .isTrue();
        assertThat(ok("schedule", "delete", "nightly")).isEqualTo("nightly is gone");
        assertThat(run("schedule", "show", "nightly")).isEqualTo(ExitCode.REFUSED);
    }

    /** What was typed, and what came of it. */
    private final class Typed {
        private final int code;
        private final String out;
        private final String err;

        private Typed(String... words) {
            var printed = new StringWriter();
            var complaints = new StringWriter();
            Map<String, String> environment =
                    Map.of("HOLDFAST_URL", Cluster.node(1).uri().toString(), "HOLDFAST_KEY", key);
            code = Cli.run(environment, new PrintWriter(printed, true), new PrintWriter(complaints, true), words);
            out = printed.toString().strip();
            err = complaints.toString().strip();
        }
    }

    private int run(String... words) {
        Typed typed = new Typed(words);
        out = typed.out;
        err = typed.err;
        return typed.code;
    }

    private String ok(String... words) {
        assertThat(run(words)).as("%s: %s %s", List.of(words), out, err).isEqualTo(ExitCode.OK);
        return out;
    }

    private JsonNode json(String... words) throws Exception {
        String[] more = java.util.Arrays.copyOf(words, words.length + 2);
        more[words.length] = "-o";
        more[words.length + 1] = "json";
        return Cli.JSON.readTree(ok(more));
    }

    private JsonNode claim(String lane) {
        return await().until(
                        () -> post("/claims", Map.of("workerId", "w1", "lanes", List.of(lane), "wait", "PT5S"))
                                .path("claims")
                                .path(0),
                        claim -> claim.has("fence"));
    }

    private JsonNode post(String path, Object body) {
        return tenant.api().post("/api/v1" + path, body).expect(200).json();
    }
}
