package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Json;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Lanes: what is in them and how they judge; to make one, to change its policy, to pause it. */
@ApplicationScoped
class LanesPage implements Routes.Page {
    private static final String CHANGED = "version_mismatch";

    @Override
    public void at(Routes routes) {
        routes.get("/lanes", this::list)
                .get("/lanes/-/new", ask -> form(ask, 200, null, Map.of(), null))
                .post("/lanes", this::create)
                .get("/lanes/*", this::show)
                .get("/lanes/*/edit", this::edit)
                .post("/lanes/*", this::save)
                .post("/lanes/*/pause", ask -> pause(ask, "pause"))
                .post("/lanes/*/unpause", ask -> pause(ask, "unpause"));
    }

    private Reply list(Ask ask) {
        var data = new HashMap<String, Object>();
        data.put("isFirst", !ask.has("cursor"));
        data.put("lanes", ask.api().get(Ask.at("/lanes", ask.query(List.of("cursor")))));
        return Reply.show("lanes", data);
    }

    private Reply show(Ask ask) {
        return show(ask, 200, null);
    }

    private Reply show(Ask ask, int status, JsonNode problem) {
        var lane = lane(ask).json();
        var data = new HashMap<String, Object>();
        data.put("lane", lane);
        data.put("policy", LaneForm.of(lane));
        data.put("workers", workersOf(ask, lane.path("name").asText()));
        if (problem != null) {
            data.put("problem", problem);
        }
        return new Reply.Shown(status, "lane", data);
    }

    /** Of the first page of them; where there are more, the list says which. */
    private static List<JsonNode> workersOf(Ask ask, String lane) {
        return ask.api()
                .get("/workers?limit=500")
                .path("items")
                .valueStream()
                .filter(worker -> worker.path("lanes").valueStream().anyMatch(name -> name.asText()
                        .equals(lane)))
                .toList();
    }

    private Reply edit(Ask ask) {
        var lane = lane(ask);
        return form(ask, 200, null, LaneForm.of(lane.json()), lane.json());
    }

    private Reply create(Ask ask) {
        var name = ask.text("name").orElse("");
        var form = ask.typed(LaneForm.fields());
        if (name.isEmpty()) {
            return form(ask, 400, Fields.problem("name", "is required"), form, null);
        }
        var answer = ask.api().put(path(name), LaneForm.policy(form, false), null);
        if (answer.status() == 428) {
            var taken = Fields.problem("name", "There is a lane of this name already");
            return form(ask, 409, taken, form, null);
        }
        return answer.isGood() ? done(name, "lane-created") : form(ask, answer.status(), answer.json(), form, null);
    }

    private Reply save(Ask ask) {
        var form = ask.typed(LaneForm.fields());
        boolean paused = ask.has("paused");
        var version = ask.text("version").orElse("0");
        var answer = ask.api().put(path(ask.part()), LaneForm.policy(form, paused), version);
        if (answer.isGood()) {
            return done(ask.part(), "lane-saved");
        }
        return form(ask, answer.status(), answer.json(), form, lane(ask).json());
    }

    /** @param problem why it was not done; null if nothing was @param lane as it is; null for a new one */
    private static Reply form(Ask ask, int status, Object problem, Map<String, String> form, JsonNode lane) {
        if (!ask.may(Scope.OPERATE)) {
            throw new Refused(403, "forbidden", "To make or change a lane takes the role operator.");
        }
        var data = new HashMap<String, Object>();
        data.put("form", form);
        data.put(
                "name",
                lane == null ? ask.text("name").orElse("") : lane.path("name").asText());
        data.put("isNew", lane == null);
        if (lane != null) {
            data.put("lane", lane);
        }
        var json = Json.tree(problem == null ? Map.of() : problem);
        boolean changed = json.path("code").asText().equals(CHANGED);
        if (lane != null) {
            var now = lane.path("version").asText();
            data.put("version", changed ? now : ask.text("version").orElse(now));
        }
        if (problem != null) {
            data.put("problem", json);
            data.put("wrong", Fields.wrong(json));
            data.put("changed", changed);
            data.put("differences", changed ? LaneForm.differences(lane, form) : List.of());
        }
        return new Reply.Shown(status, "lane-form", data);
    }

    private Reply pause(Ask ask, String move) {
        var answer = ask.api()
                .post(
                        path(ask.part()) + "/" + move,
                        Map.of(),
                        ask.text("version").orElse(null));
        if (!answer.isGood()) {
            return show(ask, answer.status(), answer.json());
        }
        var said = Map.of(Said.DONE, "lane-" + move + "d");
        return Reply.to(Ask.address(ask.has("fromList") ? "/lanes" : path(ask.part()), said));
    }

    private static Answer lane(Ask ask) {
        var seen = ask.api().look(path(ask.part()));
        if (seen.status() == 404) {
            throw new Refused(404, "not_found", "There is no lane of this name. One comes to be when a run names it.");
        }
        return seen.good();
    }

    private static Reply done(String lane, String said) {
        return Reply.to(Ask.address(path(lane), Map.of(Said.DONE, said)));
    }

    private static String path(String lane) {
        return "/lanes/" + Ask.encoded(lane);
    }
}
