package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Scope;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the reaper has done and why, and what it would do now. */
@ApplicationScoped
class SweepsPage implements Routes.Page {
    @Override
    public void at(Routes routes) {
        routes.get("/sweeps", ask -> list(ask, 200, null))
                .get(
                        "/sweeps/*",
                        ask -> Reply.show(
                                "sweep", Map.of("sweep", ask.api().get("/sweeps/" + Ask.encoded(ask.part())))))
                .post("/sweeps", this::sweep);
    }

    private Reply list(Ask ask, int status, JsonNode problem) {
        var data = new HashMap<String, Object>();
        data.put("mayLook", ask.may(Scope.OPERATE));
        if (ask.may(Scope.OPERATE)) {
            var cursor = ask.query(List.of("cursor"));
            data.put("sweeps", ask.api().get("/sweeps" + (cursor.isEmpty() ? "" : "?" + cursor)));
        }
        if (problem != null) {
            data.put("problem", problem);
        }
        return new Reply.Shown(status, "sweeps", data);
    }

    private Reply sweep(Ask ask) {
        boolean rehearsal = ask.text("do").filter("rehearse"::equals).isPresent();
        var body = new HashMap<String, Object>(Map.of("dryRun", rehearsal));
        if (!ask.all("phase").isEmpty()) {
            body.put("phases", ask.all("phase"));
        }
        var answer = ask.api().post("/sweeps", body);
        if (!answer.isGood()) {
            return list(ask, answer.status(), answer.json());
        }
        return rehearsal
                ? Reply.show("sweep", Map.of("sweep", answer.json()))
                : Reply.to(Ask.address(
                        "/sweeps/" + answer.json().path("sweepId").asText(),
                        Map.of(
                                Said.DONE,
                                "swept",
                                "n",
                                answer.json().path("cleanedUp").asInt())));
    }
}
