package dev.holdfast.examples.week;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The week: what a small company's letters, invoices and agents have been through, always the same. */
public final class Week {
    private static final List<String> LANES = List.of("letters", "invoices", "agents", "crawl");
    private static final List<String> FAILURES =
            List.of("printer_jam", "bad_address", "upstream_timeout", "quota_exceeded");

    private final Random chance = new Random(8);
    private final Caller api;
    private final Past past;
    private int number;

    private Week(Caller api, Past past) {
        this.api = api;
        this.past = past;
    }

    /** @param runs how many have ended, over the seven days */
    public static void fill(URI holdfast, String key, Map<String, String> environment, int runs)
            throws IOException, InterruptedException, SQLException {
        try (var past = Past.open(environment)) {
            var week = new Week(new Caller(holdfast, key), past);
            week.lanes();
            for (int i = 0; i < runs; i++) {
                week.ended(week.ago(i, runs));
            }
            week.present();
        }
    }

    public static void main(String[] arguments) throws Exception {
        var environment = System.getenv();
        var key = environment.get("HOLDFAST_KEY");
        if (key == null) {
            key = Files.readString(Path.of(environment.getOrDefault("HOLDFAST_KEY_FILE", ".holdfast/bootstrap.key")))
                    .strip();
        }
        var holdfast = URI.create(environment.getOrDefault("HOLDFAST_URL", "http://localhost:9080"));
        fill(holdfast, key, environment, Integer.getInteger("seed.runs", 240));
        System.out.println("A week of runs is there: look at " + holdfast + "/console/");
    }

    private void lanes() throws IOException, InterruptedException {
        api.lane("letters", Map.of("heartbeat", "required", "heartbeatTimeout", "PT2M", "maxInFlight", 4));
        api.lane("invoices", Map.of("heartbeat", "optional", "onLost", "fail"));
        api.lane("agents", Map.of("heartbeat", "required", "heartbeatTimeout", "PT5M", "approvalTimeout", "PT1H"));
        api.lane("crawl", Map.of("heartbeat", "none", "claimTimeout", "PT3H"));
        api.lane("embeddings", Map.of("paused", true));
        api.lane("archive", Map.of());
    }

    /** The last hour has its share, so that there is something to see in it. */
    private Duration ago(int i, int runs) {
        long within = i % 4 == 0
                ? Duration.ofMinutes(58).toMinutes()
                : Duration.ofDays(7).toMinutes();
        return Duration.ofMinutes(2 + within * (runs - i) / runs).plusSeconds(chance.nextInt(60));
    }

    private void ended(Duration ago) throws IOException, InterruptedException, SQLException {
        var lane = LANES.get(chance.nextInt(LANES.size()));
        var run = submit(lane, Map.of());
        int fate = chance.nextInt(100);
        if (fate < 4) {
            act(run, "cancel", Map.of("reason", "ordered twice"));
        } else if (fate < 10 && !lane.equals("crawl")) {
            lost(run, lane);
        } else if (fate < 16) {
            decided(run, lane);
        } else {
            worked(claim(run, lane), fate < 26);
        }
        past.move(run, ago);
    }

    private void worked(JsonNode claim, boolean badly) throws IOException, InterruptedException {
        beat(claim, Map.of("page", 1 + chance.nextInt(9)));
        if (badly) {
            var code = FAILURES.get(chance.nextInt(FAILURES.size()));
            owner(
                    claim,
                    "fail",
                    Map.of(
                            "failure",
                            Map.of("code", code, "message", "The " + code.replace('_', ' ') + " again."),
                            "retryable",
                            false));
        } else {
            owner(claim, "complete", Map.of("result", Map.of("pages", 3, "sent", true)));
        }
    }

    /** Its first worker dies; where the lane queues it again, a second one ends it. */
    private void lost(String run, String lane) throws IOException, InterruptedException, SQLException {
        beat(claim(run, lane), Map.of("page", 2));
        past.silence(run, Duration.ofMinutes(8));
        api.post("/sweeps", Map.of("phases", List.of("leases")));
        if (api.get("/runs/" + run).path("state").asText().equals("queued")) {
            // It backs off, a second at the most: then an operator has resumed it.
            act(run, "pause", Map.of("reason", "let us see what killed its worker"));
            act(run, "resume", Map.of("reason", "a bigger machine"));
            worked(claim(run, lane), false);
        }
    }

    private void decided(String run, String lane) throws IOException, InterruptedException {
        var asked = owner(claim(run, lane), "approvals", question("PT1H"));
        boolean approved = chance.nextInt(4) > 0;
        api.post(
                "/approvals/" + asked.path("id").asText() + "/decision",
                approved
                        ? Map.of("approved", true)
                        : Map.of("approved", false, "reason", "the customer has called it off"));
        worked(claim(run, lane), false);
    }

    private void present() throws IOException, InterruptedException, SQLException {
        for (int i = 0; i < 3; i++) {
            var run = submit("letters", Map.of());
            beat(claim(run, "letters"), Map.of("page", i + 1, "pages", 12));
            past.begin(run, Duration.ofMinutes(3 + i));
        }
        for (var timeout : List.of("PT4M", "PT25M", "PT3H")) {
            var run = submit("agents", Map.of("conversationId", "conversation-" + number));
            owner(claim(run, "agents"), "approvals", question(timeout));
        }
        var parent = submit("agents", Map.of("type", "research"));
        beat(claim(parent, "agents"), Map.of("step", "read"));
        for (int i = 0; i < 3; i++) {
            submit("embeddings", Map.of("parentRunId", parent));
            past.begin(submit("archive", Map.of()), Duration.ofMinutes(40L + i));
        }
        claim(submit("crawl", Map.of()), "crawl");
        act(submit("invoices", Map.of()), "pause", Map.of("reason", "the bank is closed until Monday"));
    }

    private String submit(String lane, Map<String, ?> more) throws IOException, InterruptedException {
        number++;
        var run = new HashMap<String, Object>(Map.of(
                "lane",
                lane,
                "subject",
                lane.substring(0, 3) + "-" + (4700 + number),
                "labels",
                Map.of("team", number % 3 == 0 ? "post" : "sales"),
                "input",
                Map.of("customer", "C-" + (100 + chance.nextInt(900)), "pages", 1 + chance.nextInt(12))));
        run.putAll(more);
        return api.post("/runs", run).path("id").asText();
    }

    private JsonNode claim(String run, String lane) throws IOException, InterruptedException {
        var worker = lane + "-worker-" + (1 + chance.nextInt(3));
        var claim = api.post("/claims", Map.of("workerId", worker, "lanes", List.of(lane), "wait", "PT5S"))
                .path("claims")
                .path(0);
        if (!claim.path("run").path("id").asText().equals(run)) {
            throw new IOException("Lane " + lane + " had other work. The week needs a tenant that is not in use.");
        }
        return claim;
    }

    private void beat(JsonNode claim, Map<String, ?> progress) throws IOException, InterruptedException {
        owner(claim, "heartbeat", Map.of("progress", progress));
    }

    private JsonNode owner(JsonNode claim, String deed, Map<String, ?> members)
            throws IOException, InterruptedException {
        var body = new HashMap<String, Object>(members);
        body.put("fence", claim.path("fence").asLong());
        return api.post("/runs/" + claim.path("run").path("id").asText() + "/" + deed, body);
    }

    private void act(String run, String deed, Map<String, ?> body) throws IOException, InterruptedException {
        api.post("/runs/" + run + "/" + deed, body);
    }

    private Map<String, Object> question(String timeout) {
        int amount = 40 + chance.nextInt(400);
        return Map.of(
                "slot",
                "refund",
                "action",
                "payments.refund",
                "title",
                "Refund order " + (4700 + number) + "?",
                "description",
                "The parcel came back unopened.",
                "timeout",
                timeout,
                "args",
                Map.of("order", Integer.toString(4700 + number), "amount", amount, "currency", "EUR"));
    }
}
