package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Webhooks: where events are sent, and what came of it; to make one, send again, give it another secret, delete it. */
@ApplicationScoped
class WebhooksPage implements Routes.Page {
    private static final List<String> FIELDS = List.of("url", "description", "events", "lanes");
    private static final List<String> OUTCOMES = List.of("delivered", "failed", "refused", "gone");

    record Tab(String name, String query, boolean current) {}

    @Override
    public void at(Routes routes) {
        routes.get("/webhooks", this::list)
                .get("/webhooks/-/new", ask -> form(ask, 200, null, Map.of("events", "*")))
                .post("/webhooks", this::create)
                .get("/webhooks/*", ask -> show(ask, 200, null, null))
                .post("/webhooks/*/replay", this::replay)
                .post("/webhooks/*/rotate", this::rotate)
                .post("/webhooks/*/enable", ask -> act(ask, "enable"))
                .post("/webhooks/*/disable", ask -> act(ask, "disable"))
                .post("/webhooks/*/delete", this::delete);
    }

    private Reply list(Ask ask) {
        return Reply.show("webhooks", Map.of("webhooks", ask.api().get("/webhooks?limit=100")));
    }

    /** @param problem why what was asked for was not done; null if nothing was @param tried what that was */
    private Reply show(Ask ask, int status, JsonNode problem, String tried) {
        var seen = ask.api().look(path(ask));
        if (seen.status() == 404) {
            throw new Refused(404, "not_found", "There is no webhook of this id.");
        }
        var data = new HashMap<String, Object>();
        data.put("webhook", seen.good().json());
        var query = ask.query(List.of("outcome", "cursor"));
        var deliveries = ask.api().look(Ask.at(path(ask) + "/deliveries", query));
        data.put("deliveries", deliveries.json());
        data.put("outcome", ask.query(List.of("outcome")));
        data.put("path", Console.BASE + path(ask));
        data.put("isFirst", !ask.has("cursor"));
        data.put("tabs", tabs(ask.text("outcome").orElse("")));
        if (problem != null || !deliveries.isGood()) {
            data.put("problem", problem == null ? deliveries.json() : problem);
            data.put("tried", tried);
            data.put("after", ask.text("after").orElse(""));
        }
        return new Reply.Shown(deliveries.isGood() ? status : deliveries.status(), "webhook", data);
    }

    private static List<Tab> tabs(String chosen) {
        var tabs = new ArrayList<Tab>();
        tabs.add(new Tab("All", "", chosen.isEmpty()));
        OUTCOMES.forEach(outcome -> tabs.add(new Tab(
                Character.toUpperCase(outcome.charAt(0)) + outcome.substring(1),
                "outcome=" + outcome,
                outcome.equals(chosen))));
        return tabs;
    }

    private Reply create(Ask ask) {
        var wanted = new LinkedHashMap<String, Object>();
        ask.text("url").ifPresent(url -> wanted.put("url", url));
        ask.text("description").ifPresent(description -> wanted.put("description", description));
        wanted.put("events", words(ask, "events"));
        if (ask.has("lanes")) {
            wanted.put("lanes", words(ask, "lanes"));
        }
        var answer = ask.api().post("/webhooks", wanted);
        return answer.isGood() ? secret(answer, false) : form(ask, answer.status(), answer.json(), ask.typed(FIELDS));
    }

    private static List<String> words(Ask ask, String field) {
        return Arrays.stream(ask.text(field).orElse("").split("[\\s,]+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** @param problem why none was made; null if none was asked for */
    private static Reply form(Ask ask, int status, JsonNode problem, Map<String, String> form) {
        if (!ask.may(Scope.OPERATE)) {
            throw new Refused(403, "forbidden", "To make a webhook takes the role operator.");
        }
        var data = new HashMap<String, Object>();
        data.put("form", form);
        if (problem != null) {
            data.put("problem", problem);
            data.put("wrong", Fields.wrong(problem));
        }
        return new Reply.Shown(status, "webhook-form", data);
    }

    private Reply rotate(Ask ask) {
        var answer = ask.api().post(path(ask) + "/rotate", Map.of());
        return answer.isGood() ? secret(answer, true) : show(ask, answer.status(), answer.json(), "rotate");
    }

    // Not by way of a redirect: it would have to be kept somewhere meanwhile.
    private static Reply secret(Answer answer, boolean rotated) {
        return Reply.show("webhook-secret", Map.of("webhook", answer.json(), "rotated", rotated));
    }

    private Reply replay(Ask ask) {
        var body = new HashMap<String, Object>();
        ask.text("delivery").ifPresent(delivery -> body.put("deliveryId", delivery));
        ask.text("after")
                .ifPresent(after -> body.put("after", after.matches("\\d{1,18}") ? Long.valueOf(after) : after));
        var answer = ask.api().post(path(ask) + "/replay", body);
        return answer.isGood()
                ? done(ask, ask.has("delivery") ? "webhook-replayed" : "webhook-moved")
                : show(ask, answer.status(), answer.json(), "replay");
    }

    private Reply act(Ask ask, String act) {
        var answer = ask.api().post(path(ask) + "/" + act, Map.of());
        return answer.isGood() ? done(ask, "webhook-" + act + "d") : show(ask, answer.status(), answer.json(), act);
    }

    private Reply delete(Ask ask) {
        var answer = ask.api().delete(path(ask));
        return answer.isGood()
                ? Reply.to(Ask.address("/webhooks", Map.of(Said.DONE, "webhook-deleted")))
                : show(ask, answer.status(), answer.json(), "delete");
    }

    private static Reply done(Ask ask, String said) {
        return Reply.to(Ask.address(path(ask), Map.of(Said.DONE, said)));
    }

    private static String path(Ask ask) {
        return "/webhooks/" + Ask.encoded(ask.part());
    }
}
