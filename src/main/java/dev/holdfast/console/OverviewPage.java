package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How things are, and what somebody should look at. */
@ApplicationScoped
class OverviewPage implements Routes.Page {
    private static final int MINUTES = 60;

    /** A claim that has not beaten for so long may never do; a question with so little time left is about to be missed. */
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final int COUNTED = 500;

    record Finding(String kind, String text, String href, String link) {}

    record Reaped(String rule, long runs) {}

    @Override
    public void at(Routes routes) {
        routes.get("/", this::show);
    }

    private Reply show(Ask ask) {
        var stats = ask.api().get("/stats?minutes=" + MINUTES);
        var data = new HashMap<String, Object>();
        data.put("stats", stats);
        data.put(
                "inFlight",
                stats.path("claimed").asLong() + stats.path("running").asLong());
        data.put("chart", Chart.of(stats.path("minutes")));
        data.put("findings", findings(ask, stats));
        data.put("reaped", reaped(ask));
        if (ask.may(Scope.OPERATE)) {
            data.put("sweep", ask.api().get("/sweeps?limit=1").path("items").path(0));
        }
        return Reply.show("overview", data);
    }

    private static List<Finding> findings(Ask ask, JsonNode stats) {
        var findings = new ArrayList<Finding>();
        for (var lane : ask.api().get("/lanes?limit=500").path("items")) {
            ofLane(lane, findings);
        }
        var stale = ask.api().get("/runs?stale=true&limit=100");
        if (!stale.path("items").isEmpty()) {
            findings.add(new Finding(
                    "bad",
                    counted(stale, "run has", "runs have") + " a dead owner.",
                    "/runs?stale=true",
                    "Look at them"));
        }
        neverBeaten(ask, findings);
        var pending = ask.api().get("/approvals?status=pending&limit=100").path("items");
        long urgent = pending.valueStream()
                .filter(approval -> left(ask, approval).compareTo(LONG) < 0)
                .count();
        if (urgent > 0) {
            findings.add(new Finding(
                    "warn",
                    (urgent == 1 ? "1 approval ends" : urgent + " approvals end") + " within five minutes.",
                    "/approvals",
                    "Decide"));
        }
        return findings;
    }

    private static void ofLane(JsonNode lane, List<Finding> findings) {
        var name = lane.path("name").asText();
        long queued = lane.path("queued").asLong();
        if (queued == 0) {
            return;
        }
        var href = "/lanes/" + Ask.encoded(name);
        var runs = queued == 1 ? "1 run waits" : queued + " runs wait";
        if (lane.path("paused").asBoolean()) {
            findings.add(new Finding(
                    "warn", "Lane " + name + " is paused, and " + runs + " in it.", href, "Look at the lane"));
        } else if (lane.path("workersPolling").asLong() == 0
                && lane.path("inFlight").asLong() == 0) {
            findings.add(new Finding(
                    "bad",
                    "No worker asks lane " + name + " for work, and " + runs + " in it.",
                    href,
                    "Look at the lane"));
        }
    }

    /** Their lanes should perhaps not wait for beats; or they are dead, and it shows late only. */
    private static void neverBeaten(Ask ask, List<Finding> findings) {
        var claimed = ask.api().get("/runs?state=claimed&limit=100").path("items");
        var workers = claimed.valueStream()
                .filter(run ->
                        Duration.between(time(run, "claimedAt"), ask.session().now())
                                        .compareTo(LONG)
                                > 0)
                .map(run -> run.path("workerId").asText())
                .distinct()
                .toList();
        if (!workers.isEmpty()) {
            var who = workers.size() == 1 ? "Worker " + workers.get(0) + " holds" : workers.size() + " workers hold";
            findings.add(new Finding(
                    "warn",
                    who + " runs without ever having sent a heartbeat.",
                    "/runs?state=claimed",
                    "Look at the runs"));
        }
    }

    private static List<Reaped> reaped(Ask ask) {
        var since = ask.session().now().minus(Duration.ofDays(1));
        Map<String, Long> byRule = new TreeMap<>();
        for (var event : ask.api().get("/events?type=reaped&limit=" + COUNTED).path("items")) {
            if (!time(event, "at").isBefore(since)) {
                byRule.merge(
                        event.path("data")
                                .path("rule")
                                .asText(event.path("reason").asText("")),
                        1L,
                        Long::sum);
            }
        }
        return byRule.entrySet().stream()
                .map(entry -> new Reaped(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static String counted(JsonNode list, String one, String many) {
        int size = list.path("items").size();
        return size == 1 ? "1 " + one : size + (list.has("nextCursor") ? " or more " : " ") + many;
    }

    private static Duration left(Ask ask, JsonNode approval) {
        return Duration.between(ask.session().now(), time(approval, "deadline"));
    }

    private static Instant time(JsonNode thing, String member) {
        return Instant.parse(thing.path(member).asText());
    }
}
