package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;

/** One approval: exactly what is asked for, by whom and until when, what has been said of it, and this person's word. */
@ApplicationScoped
class ApprovalPage implements Routes.Page {
    @Override
    public void at(Routes routes) {
        routes.get("/approvals/*", ask -> show(ask, 200, null))
                .post("/approvals/*/decision", this::decide)
                .get("/approvals/*/decision", ask -> Reply.to(path(ask)));
    }

    private Reply decide(Ask ask) {
        var decision = ask.text("decision").orElse("");
        var body = new HashMap<String, Object>();
        if (decision.equals("approve") || decision.equals("deny")) {
            body.put("approved", decision.equals("approve"));
        }
        ask.text("reason").ifPresent(reason -> body.put("reason", reason));
        ask.text("argsDigest").ifPresent(digest -> body.put("argsDigest", digest));
        var answer = ask.api().post(path(ask) + "/decision", body);
        if (!answer.isGood()) {
            return show(ask, answer.status(), answer.json());
        }
        var done = new HashMap<String, Object>();
        int missing = answer.json().path("missing").asInt();
        done.put("n", missing > 0 ? missing : null);
        done.put(Said.DONE, missing > 0 ? "approved-more" : decision.equals("approve") ? "approved" : "denied");
        return Reply.to(Ask.address(ask.has("fromList") ? "/approvals" : path(ask), done));
    }

    /** @param problem why a decision was not taken; null if none was sent */
    private Reply show(Ask ask, int status, JsonNode problem) {
        var seen = ask.api().look(path(ask));
        if (seen.status() == 404) {
            throw new Refused(
                    404, "not_found", "There is no approval of this id. It is removed with its run, after a while.");
        }
        var approval = seen.good().json();
        var data = new HashMap<String, Object>();
        data.put("a", approval);
        data.put("matter", Matter.of(ask, approval, Integer.MAX_VALUE));
        data.put(
                "missing",
                approval.path("required").asInt() - approval.path("decisions").size());
        if (problem != null) {
            var code = problem.path("code").asText();
            data.put("problem", problem);
            data.put("late", code.equals("approval_already_decided") || code.equals("approval_expired"));
            data.put("tried", ask.text("decision").orElse(""));
            data.put("reason", ask.text("reason").orElse(""));
        }
        return new Reply.Shown(status, "approval", data);
    }

    private static String path(Ask ask) {
        return "/approvals/" + Ask.encoded(ask.part());
    }
}
