package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What waits for people, the soonest deadline first; what has become of the rest; and decisions on several at once. */
@ApplicationScoped
class ApprovalsPage implements Routes.Page {
    private static final List<String> FILTERS = List.of("lane", "conversationId", "endUser", "runId");

    private static final String PENDING = "pending";

    private static final Map<String, String> TABS =
            Map.of("approved", "Approved", "denied", "Denied", "expired", "Expired", "withdrawn", "Withdrawn");

    private static final List<String> ENDED = List.of("approved", "denied", "expired", "withdrawn");

    private static final int SHOWN = 20;

    /** Who shall decide on more reads it on a page of its own. */
    private static final int MOST_ARGS = 1500;

    record Tab(String name, String query, boolean current, Long count) {}

    /** An approval that was chosen, with the args it had when it was read. */
    record Pick(String id, String digest) {
        static Pick of(String text) {
            var parts = text.split(" ", 2);
            return new Pick(parts[0], parts.length > 1 ? parts[1] : null);
        }

        Map<String, Object> item(boolean approved, String reason) {
            var item = new HashMap<String, Object>(Map.of("id", id, "approved", approved));
            if (digest != null) {
                item.put("argsDigest", digest);
            }
            if (reason != null) {
                item.put("reason", reason);
            }
            return item;
        }
    }

    @Override
    public void at(Routes routes) {
        routes.get("/approvals", this::list)
                .get("/approvals/confirm", ask -> confirm(ask, 200, null))
                .post("/approvals/decisions", this::decide);
    }

    private Reply list(Ask ask) {
        var status = ask.text("status").orElse(PENDING);
        boolean pending = status.equals(PENDING);
        var filter = ask.query(FILTERS);
        var data = new HashMap<String, Object>();
        long waiting = ask.api().get("/stats").path("pendingApprovals").asLong();
        data.put("waiting", waiting);
        data.put("pending", pending);
        data.put("tabs", tabs(status, filter, waiting));
        data.put("filters", ask.typed(FILTERS));
        data.put("filtered", !filter.isEmpty());
        data.put("status", status);
        data.put("query", (pending ? "" : "status=" + status + "&") + filter);
        var query = new StringBuilder("/approvals?limit=" + SHOWN + "&order=" + (pending ? "deadline" : "newest"));
        for (var part : List.of("status=" + Ask.encoded(status), filter, ask.query(List.of("cursor")))) {
            query.append(part.isEmpty() ? "" : "&" + part);
        }
        var found = ask.api().look(query.toString());
        if (found.status() == 400) {
            data.put("problem", found.json());
            return new Reply.Shown(400, "approvals", data);
        }
        var approvals = found.good().json();
        data.put("list", approvals);
        data.put("isFirst", !ask.has("cursor"));
        data.put("most", SHOWN);
        data.put(
                "matters",
                approvals
                        .path("items")
                        .valueStream()
                        .map(approval -> Matter.of(ask, approval, MOST_ARGS))
                        .toList());
        return Reply.show("approvals", data);
    }

    private static List<Tab> tabs(String status, String filter, long waiting) {
        var tabs = new ArrayList<Tab>();
        tabs.add(new Tab("Waiting", filter, status.equals(PENDING), waiting));
        ENDED.forEach(ended ->
                tabs.add(new Tab(TABS.get(ended), "status=" + ended + "&" + filter, status.equals(ended), null)));
        return tabs;
    }

    /** Which they are and why, before anything is decided. */
    private Reply confirm(Ask ask, int status, JsonNode problem) {
        if (!ask.may(Scope.DECIDE)) {
            throw new Refused(403, "forbidden", "To decide takes the role approver.");
        }
        var picks = ask.all("pick");
        var data = new HashMap<String, Object>();
        data.put("approves", approves(ask));
        data.put("picks", picks);
        data.put("count", picks.size());
        data.put(
                "approvals",
                picks.stream()
                        .map(pick -> ask.api().look(path(Pick.of(pick))))
                        .filter(Answer::isGood)
                        .map(Answer::json)
                        .toList());
        data.put("reason", ask.text("reason").orElse(""));
        if (problem != null) {
            data.put("problem", problem);
        }
        return new Reply.Shown(status, "decisions", data);
    }

    private Reply decide(Ask ask) {
        boolean approves = approves(ask);
        var reason = ask.text("reason").orElse(null);
        var items = ask.all("pick").stream()
                .map(Pick::of)
                .map(pick -> pick.item(approves, reason))
                .toList();
        var answer = ask.api().post("/approvals/decisions", Map.of("items", items));
        if (!answer.isGood()) {
            return confirm(ask, answer.status(), answer.json());
        }
        var refused = answer.json()
                .path("items")
                .valueStream()
                .filter(item -> item.has("problem"))
                .toList();
        int done = items.size() - refused.size();
        if (refused.isEmpty()) {
            return Reply.to(Ask.address(
                    "/approvals", Map.of(Said.DONE, approves ? "many-approved" : "many-denied", "n", done)));
        }
        return Reply.show("decisions", Map.of("approves", approves, "done", done, "refused", refused));
    }

    private static boolean approves(Ask ask) {
        var decision = ask.text("decision").orElse("");
        if (!decision.equals("approve") && !decision.equals("deny")) {
            throw new Refused(400, "invalid_request", "Approve or deny: nothing was said of either.");
        }
        return decision.equals("approve");
    }

    private static String path(Pick pick) {
        return "/approvals/" + Ask.encoded(pick.id());
    }
}
