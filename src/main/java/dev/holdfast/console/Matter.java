package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;

/**
 * An approval as a page shows it to somebody.
 *
 * @param args all of them as text; null if there are none, or more than the page takes
 * @param size of all of them in characters
 * @param asker kind and name of who asked; null if the run's timeline does not tell
 * @param decides whether this person's word counts
 */
record Matter(JsonNode approval, String args, int size, String asker, boolean decides) {
    private static final int EVENTS = 500;

    /** @param most characters of args that are shown */
    static Matter of(Ask ask, JsonNode approval, int most) {
        var args = approval.has("args") ? Legible.of(approval.path("args")) : "";
        boolean shown = !args.isEmpty() && args.length() <= most;
        return new Matter(approval, shown ? args : null, args.length(), asker(ask, approval), decides(ask, approval));
    }

    private static boolean decides(Ask ask, JsonNode approval) {
        var caller = ask.session().caller();
        var approvers = approval.path("approvers");
        return ask.may(Scope.DECIDE)
                && approval.path("status").asText().equals("pending")
                && (approvers.isMissingNode()
                        || holds(approvers.path("users"), caller.name())
                        || caller.roles().stream().anyMatch(role -> holds(approvers.path("roles"), role)));
    }

    private static boolean holds(JsonNode names, String wanted) {
        return names.valueStream().anyMatch(name -> name.asText().equals(wanted));
    }

    private static String asker(Ask ask, JsonNode approval) {
        var events = ask.api()
                .look("/runs/" + approval.path("runId").asText() + "/events?limit=" + EVENTS)
                .json()
                .path("items");
        var id = approval.path("id").asText();
        return events.valueStream()
                .filter(event -> event.path("to").asText().equals("suspended")
                        && event.at("/data/approvalId").asText().equals(id))
                .map(event -> event.at("/actor/kind").asText() + " "
                        + event.at("/actor/id").asText(""))
                .map(String::strip)
                .findFirst()
                .orElse(null);
    }
}
