package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.key.Scope;
import dev.holdfast.platform.json.Json;
import dev.holdfast.platform.json.MalformedJson;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Schedules: what fires when; to make one, change it, run it now, enable and disable it, delete it. */
@ApplicationScoped
class SchedulesPage implements Routes.Page {
    private static final List<String> TEXTS = List.of("lane", "type", "cron", "timeZone", "overlap", "catchUp");
    private static final List<String> FIELDS =
            List.of("name", "lane", "type", "cron", "timeZone", "overlap", "catchUp", "input", "enabled");

    private static final int RUNS = 10;

    @Override
    public void at(Routes routes) {
        routes.get("/schedules", this::list)
                .get("/schedules/-/new", ask -> form(ask, 200, null, Map.of("enabled", "yes"), null))
                .post("/schedules", this::create)
                .get("/schedules/*", ask -> show(ask, 200, null, null))
                .get("/schedules/*/edit", this::edit)
                .post("/schedules/*", this::save)
                .post("/schedules/*/run", ask -> act(ask, "run"))
                .post("/schedules/*/enable", ask -> act(ask, "enable"))
                .post("/schedules/*/disable", ask -> act(ask, "disable"))
                .post("/schedules/*/delete", ask -> act(ask, "delete"));
    }

    private Reply list(Ask ask) {
        var data = new HashMap<String, Object>();
        data.put("isFirst", !ask.has("cursor"));
        data.put("schedules", ask.api().get(Ask.at("/schedules", ask.query(List.of("cursor")))));
        return Reply.show("schedules", data);
    }

    /** @param problem why what was asked for was not done; null if nothing was @param tried what that was */
    private Reply show(Ask ask, int status, JsonNode problem, String tried) {
        var schedule = schedule(ask).json();
        var data = new HashMap<String, Object>();
        data.put("schedule", schedule);
        data.put("version", schedule.path("version").asText());
        var label = "schedule:" + schedule.path("name").asText();
        data.put("label", label);
        data.put(
                "runs",
                ask.api().get(Ask.address("/runs", new LinkedHashMap<>(Map.of("label", label, "limit", RUNS)))));
        if (problem != null) {
            data.put("problem", problem);
            data.put("tried", tried);
        }
        return new Reply.Shown(status, "schedule", data);
    }

    private Reply act(Ask ask, String act) {
        var path = path(ask.part());
        var version = ask.text("version").orElse(null);
        var answer =
                switch (act) {
                    case "run" -> ask.api().post(path + "/run", Map.of());
                    case "delete" -> ask.api().delete(path, version);
                    default -> ask.api().put(path, enabled(schedule(ask).json(), act.equals("enable")), version);
                };
        if (!answer.isGood()) {
            return show(ask, answer.status(), answer.json(), act);
        }
        return act.equals("delete")
                ? Reply.to(Ask.address("/schedules", Map.of(Said.DONE, "schedule-deleted")))
                : done(ask.part(), act.equals("run") ? "schedule-run" : "schedule-" + act + "d");
    }

    private static JsonNode enabled(JsonNode schedule, boolean enabled) {
        return ((ObjectNode) schedule.deepCopy()).put("enabled", enabled);
    }

    private Reply edit(Ask ask) {
        var schedule = schedule(ask).json();
        var form = new HashMap<String, String>();
        TEXTS.forEach(field -> form.put(field, schedule.path(field).asText()));
        form.put("input", schedule.has("input") ? schedule.path("input").toPrettyString() : "");
        form.put("enabled", schedule.path("enabled").asBoolean() ? "yes" : "");
        return form(ask, 200, null, form, schedule);
    }

    private Reply create(Ask ask) {
        var form = ask.typed(FIELDS);
        try {
            var wanted = wanted(form);
            ask.text("name").ifPresent(name -> wanted.put("name", name));
            var answer = ask.api().post("/schedules", wanted);
            return answer.isGood()
                    ? done(answer.json().path("name").asText(), "schedule-created")
                    : form(ask, answer.status(), answer.json(), form, null);
        } catch (MalformedJson e) {
            return form(ask, 400, unreadable(e), form, null);
        }
    }

    private Reply save(Ask ask) {
        var form = ask.typed(FIELDS);
        try {
            var answer = ask.api()
                    .put(path(ask.part()), wanted(form), ask.text("version").orElse("0"));
            return answer.isGood()
                    ? done(ask.part(), "schedule-saved")
                    : form(
                            ask,
                            answer.status(),
                            answer.json(),
                            form,
                            schedule(ask).json());
        } catch (MalformedJson e) {
            return form(ask, 400, unreadable(e), form, schedule(ask).json());
        }
    }

    /** What is left empty is left out: the default. */
    private static Map<String, Object> wanted(Map<String, String> form) {
        var wanted = new HashMap<String, Object>();
        TEXTS.stream()
                .filter(field -> !form.getOrDefault(field, "").isBlank())
                .forEach(field -> wanted.put(field, form.get(field).strip()));
        var input = Json.parse(form.getOrDefault("input", "").getBytes(StandardCharsets.UTF_8));
        if (!input.isMissingNode()) {
            wanted.put("input", input);
        }
        wanted.put("enabled", form.containsKey("enabled"));
        return wanted;
    }

    private static Object unreadable(MalformedJson e) {
        return Fields.problem("input", e.getMessage().replace("The body is", "is"));
    }

    /** @param problem why it was not done; null if nothing was @param schedule as it is; null for a new one */
    private static Reply form(Ask ask, int status, Object problem, Map<String, String> form, JsonNode schedule) {
        if (!ask.may(Scope.OPERATE)) {
            throw new Refused(403, "forbidden", "To make or change a schedule takes the role operator.");
        }
        var json = Json.tree(problem == null ? Map.of() : problem);
        boolean changed = json.path("code").asText().equals("version_mismatch");
        var data = new HashMap<String, Object>();
        data.put("form", form);
        data.put("isNew", schedule == null);
        if (schedule != null) {
            var now = schedule.path("version").asText();
            data.put("schedule", schedule);
            data.put("version", changed ? now : ask.text("version").orElse(now));
        }
        if (problem != null) {
            data.put("problem", json);
            data.put("wrong", Fields.wrong(json));
            data.put("changed", changed);
        }
        return new Reply.Shown(status, "schedule-form", data);
    }

    private static Answer schedule(Ask ask) {
        var seen = ask.api().look(path(ask.part()));
        if (seen.status() == 404) {
            throw new Refused(404, "not_found", "There is no schedule of this name.");
        }
        return seen.good();
    }

    private static Reply done(String schedule, String said) {
        return Reply.to(Ask.address(path(schedule), Map.of(Said.DONE, said)));
    }

    private static String path(String schedule) {
        return "/schedules/" + Ask.encoded(schedule);
    }
}
