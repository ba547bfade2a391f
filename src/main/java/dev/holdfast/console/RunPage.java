package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One run: what it is, why it is there, what has become of it, and what can be done about it. */
@ApplicationScoped
class RunPage implements Routes.Page {
    private static final int EVENTS = 500;

    /** A claim of the run: an owner's time with it. */
    record Attempt(long number, String worker, long fence, String from, String until, String end, String reason) {}

    @Override
    public void at(Routes routes) {
        routes.get("/runs/*", ask -> show(ask, 200, null, null))
                .get("/runs/*/json", ask -> new Reply.Raw(ask.api().get(path(ask))))
                .post("/runs/*/cancel", ask -> move(ask, "cancel"))
                .post("/runs/*/resume", ask -> move(ask, "resume"))
                .post("/runs/*/pause", ask -> move(ask, "pause"));
    }

    private Reply move(Ask ask, String move) {
        var body = new HashMap<String, Object>();
        ask.text("reason").ifPresent(reason -> body.put("reason", reason));
        if (move.equals("cancel") && ask.has("cascade")) {
            body.put("cascade", true);
        }
        var answer =
                ask.api().post(path(ask) + "/" + move, body, ask.text("version").orElse(null));
        if (!answer.isGood()) {
            return show(ask, answer.status(), answer.json(), move);
        }
        var said =
                switch (move) {
                    case "cancel" -> answer.json().path("cancelled").asBoolean() ? "cancelled" : "cancelled-before";
                    case "resume" -> "resumed";
                    default -> "paused";
                };
        return Reply.to(Ask.address(path(ask), Map.of(Said.DONE, said)));
    }

    /** @param problem why what was asked for was not done; null if nothing was @param tried what that was */
    private Reply show(Ask ask, int status, JsonNode problem, String tried) {
        var api = ask.api();
        var seen = api.look(path(ask));
        if (!seen.isGood()) {
            throw seen.status() == 404
                    ? new Refused(
                            404,
                            "not_found",
                            "There is no run of this id. It may have been removed at the end of its lane's retention.")
                    : seen.refused();
        }
        var run = seen.json();
        var explanation = api.look(path(ask) + "/explain").json();
        var events = api.look(path(ask) + "/events?limit=" + EVENTS).json();
        var data = new HashMap<String, Object>();
        data.put("run", run);
        data.put("version", run.path("version").asText());
        data.put("explain", explanation);
        data.put("events", events);
        data.put("attempts", attempts(events.path("items")));
        data.put(
                "approvals",
                api.look(Ask.address("/approvals", Map.of("runId", ask.part()))).json());
        data.put(
                "children",
                api.look(Ask.address("/runs", Map.of("parentRunId", ask.part())))
                        .json());
        var items = events.path("items");
        var last =
                items.isEmpty() ? "0" : items.get(items.size() - 1).path("id").asText();
        data.put("livePath", "/console/live/" + ask.part() + "?after=" + last);
        data.put("can", can(ask, run, explanation));
        if (problem != null) {
            data.put("problem", problem);
            data.put("tried", tried);
            data.put("reason", ask.text("reason").orElse(""));
        }
        return new Reply.Shown(status, "run", data);
    }

    private static String path(Ask ask) {
        return "/runs/" + Ask.encoded(ask.part());
    }

    /** Which buttons there are: of the moves that the run's state allows, those that the person may make. */
    private static Map<String, Boolean> can(Ask ask, JsonNode run, JsonNode explanation) {
        if (!ask.may(Scope.OPERATE)) {
            return Map.of();
        }
        var state = run.path("state").asText();
        boolean inFlight = state.equals("claimed") || state.equals("running");
        boolean stale = explanation.path("liveness").path("stale").asBoolean();
        return Map.of(
                "cancel", !state.equals("completed") && !state.equals("cancelled"),
                "pause", state.equals("queued") || inFlight,
                "resume",
                        state.equals("failed")
                                || run.path("waitingFor").asText().equals("operator")
                                || inFlight && stale);
    }

    /** The claims, the last first, out of the timeline. */
    static List<Attempt> attempts(JsonNode events) {
        var attempts = new ArrayList<Attempt>();
        JsonNode begun = MissingNode.getInstance();
        for (var event : events) {
            boolean claims = event.path("to").asText().equals("claimed");
            boolean moves = event.has("to") && !event.path("to").asText().equals("running");
            if (!begun.isMissingNode() && (claims || moves)) {
                attempts.add(attempt(attempts.size() + 1, begun, event));
                begun = MissingNode.getInstance();
            }
            if (claims) {
                begun = event;
            }
        }
        if (!begun.isMissingNode()) {
            attempts.add(attempt(attempts.size() + 1, begun, MissingNode.getInstance()));
        }
        Collections.reverse(attempts);
        return attempts;
    }

    private static Attempt attempt(int number, JsonNode begun, JsonNode ended) {
        var worker = begun.path("data")
                .path("workerId")
                .asText(begun.path("actor").path("id").asText(null));
        return new Attempt(
                number,
                worker,
                begun.path("fence").asLong(),
                begun.path("at").asText(),
                ended.path("at").asText(null),
                ended.path("type").asText(null),
                ended.path("reason").asText(null));
    }
}
