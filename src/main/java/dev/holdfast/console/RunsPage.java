package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The list of runs, what is done to many of them at once, and finding one. */
@ApplicationScoped
class RunsPage implements Routes.Page {
    private static final List<String> FILTERS = List.of(
            "state",
            "lane",
            "type",
            "subject",
            "conversationId",
            "endUser",
            "parentRunId",
            "label",
            "workerId",
            "failureCode",
            "category",
            "resumable",
            "stale",
            "submittedAfter",
            "submittedBefore");

    /** Filters that a form shows by themselves; the others are shown when they are set. */
    private static final List<String> TABBED = List.of("state", "resumable", "stale");

    private static final int MOST_AT_ONCE = 500;

    private static final Set<String> MOVES = Set.of("cancel", "resume");

    /** Members by which a run is looked for, the likelier first. */
    private static final List<String> FOUND_BY =
            List.of("subject", "lane", "conversationId", "endUser", "workerId", "type");

    record Tab(String name, String query, boolean current) {}

    record Chip(String name, String value, String without) {}

    @Override
    public void at(Routes routes) {
        routes.get("/runs", this::list)
                .get("/runs/confirm", this::confirm)
                .get("/find", this::find)
                .post("/runs/cancel", ask -> moveThose(ask, "cancel"))
                .post("/runs/resume", ask -> moveThose(ask, "resume"));
    }

    private Reply list(Ask ask) {
        var filter = ask.query(FILTERS);
        var query = join(filter, ask.query(List.of("cursor")));
        var data = new HashMap<String, Object>();
        data.put("tabs", tabs(ask));
        data.put("chips", chips(ask));
        data.put("query", filter);
        data.put("isFirst", !ask.has("cursor"));
        data.put("filters", filters(ask));
        try {
            data.put("runs", ask.api().get("/runs" + (query.isEmpty() ? "" : "?" + query)));
        } catch (Refused refused) {
            if (refused.status() != 400) {
                throw refused;
            }
            data.put("problem", refused.problem());
            return new Reply.Shown(400, "runs", data);
        }
        return Reply.show("runs", data);
    }

    /** How many it would be, which, and why: asked before anything is done. */
    private Reply confirm(Ask ask) {
        var move = ask.text("move")
                .filter(MOVES::contains)
                .orElseThrow(() -> new Refused(404, "not_found", "There is no such page."));
        if (!ask.may(Scope.OPERATE)) {
            throw new Refused(403, "forbidden", "To cancel or resume runs takes the role operator.");
        }
        var ids = ask.all("id");
        var filter = ask.query(FILTERS);
        var data = new HashMap<String, Object>();
        data.put("move", move);
        data.put("back", filter);
        data.put("chips", chips(ask));
        data.put("byFilter", ids.isEmpty());
        if (ids.isEmpty() && !filter.isEmpty()) {
            var found = ask.api().get("/runs?limit=" + MOST_AT_ONCE + "&" + filter);
            data.put("more", found.has("nextCursor"));
            ids = new ArrayList<>();
            for (var run : found.path("items")) {
                if (canBe(move, run)) {
                    ids.add(run.path("id").asText());
                }
            }
        }
        data.put("ids", ids);
        data.put("count", ids.size());
        return Reply.show("confirm", data);
    }

    private static boolean canBe(String move, JsonNode run) {
        var state = run.path("state").asText();
        return move.equals("resume") || !state.equals("completed") && !state.equals("cancelled");
    }

    private Reply moveThose(Ask ask, String move) {
        var ids = ask.all("id");
        var body = new HashMap<String, Object>();
        body.put("ids", ids);
        ask.text("reason").ifPresent(reason -> body.put("reason", reason));
        var answer = ask.api().post("/runs/" + move, body);
        var data = new HashMap<String, Object>();
        if (!answer.isGood()) {
            data.putAll(Map.of("move", move, "ids", ids, "count", ids.size(), "problem", answer.json()));
            data.put("reason", ask.text("reason").orElse(""));
            data.put("back", ask.text("back").orElse(""));
            return new Reply.Shown(answer.status(), "confirm", data);
        }
        var refused = new ArrayList<JsonNode>();
        int done = 0;
        for (var item : answer.json().path("items")) {
            if (item.has("problem")) {
                refused.add(item);
            } else if (move.equals("resume") || item.path("cancelled").asBoolean()) {
                done++;
            }
        }
        if (refused.isEmpty()) {
            var back = ask.text("back").orElse("");
            return Reply.to(Ask.address(
                    "/runs" + (back.isEmpty() ? "" : "?" + back),
                    Map.of(Said.DONE, move.equals("cancel") ? "many-cancelled" : "many-resumed", "n", done)));
        }
        data.putAll(Map.of(
                "move",
                move,
                "done",
                done,
                "refused",
                refused,
                "back",
                ask.text("back").orElse("")));
        return Reply.show("confirm", data);
    }

    /** From whatever somebody has at hand: an id, a label, a subject, a lane, … */
    private Reply find(Ask ask) {
        var wanted = ask.text("q").orElse("");
        if (wanted.isEmpty()) {
            return Reply.to("/runs");
        }
        if (wanted.matches("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
            return Reply.to("/runs/" + wanted);
        }
        var member = FOUND_BY.stream()
                .filter(name -> isThere(ask, name, wanted))
                .findFirst()
                .orElse(wanted.indexOf(':') > 0 ? "label" : "subject");
        return Reply.to(Ask.address("/runs", Map.of(member, wanted)));
    }

    private static boolean isThere(Ask ask, String member, String value) {
        var found = ask.api().look(Ask.address("/runs", new TreeMap<>(Map.of("limit", 1, member, value))));
        return found.isGood() && !found.json().path("items").isEmpty();
    }

    private static List<Tab> tabs(Ask ask) {
        var others = ask.query(
                FILTERS.stream().filter(name -> !TABBED.contains(name)).toList());
        var chosen = ask.query(TABBED);
        var tabs = new ArrayList<Tab>();
        String[][] all = {
            {"All", ""},
            {"Queued", "state=queued"},
            {"In flight", "state=claimed&state=running"},
            {"Stuck", "stale=true"},
            {"Suspended", "state=suspended"},
            {"Failed", "state=failed"},
            {"Resumable", "resumable=true"},
            {"Completed", "state=completed"},
            {"Cancelled", "state=cancelled"}
        };
        for (var tab : all) {
            tabs.add(new Tab(tab[0], join(tab[1], others), tab[1].equals(chosen)));
        }
        return tabs;
    }

    private static List<Chip> chips(Ask ask) {
        var chips = new ArrayList<Chip>();
        for (var name : FILTERS) {
            if (!TABBED.contains(name) && ask.has(name)) {
                var without = ask.query(
                        FILTERS.stream().filter(other -> !other.equals(name)).toList());
                chips.add(new Chip(name, String.join(", ", ask.all(name)), without));
            }
        }
        return chips;
    }

    private static Map<String, String> filters(Ask ask) {
        return FILTERS.stream().filter(ask::has).collect(Collectors.toMap(name -> name, name -> ask.all(name)
                .get(0)));
    }

    private static String join(String query, String more) {
        return query.isEmpty() || more.isEmpty() ? query + more : query + "&" + more;
    }
}
