package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tenant's keys: who has which, a new one, and the end of one. */
@ApplicationScoped
class KeysPage implements Routes.Page {
    private static final Map<String, String> SCOPES = scopes();

    record Choice(String scope, String meaning, boolean chosen) {}

    @Override
    public void at(Routes routes) {
        routes.get("/keys", ask -> list(ask, 200, new HashMap<>()))
                .post("/keys", this::make)
                .get("/keys/*/revoke", ask -> Reply.show("revoke", Map.of("key", key(ask))))
                .post("/keys/*/revoke", this::revoke);
    }

    private Reply list(Ask ask, int status, Map<String, Object> data) {
        var cursor = ask.query(List.of("cursor"));
        data.put("keys", ask.api().get("/keys" + (cursor.isEmpty() ? "" : "?" + cursor)));
        data.put(
                "choices",
                SCOPES.entrySet().stream()
                        .map(entry -> new Choice(
                                entry.getKey(),
                                entry.getValue(),
                                ask.all("scope").contains(entry.getKey()) && data.containsKey("problem")))
                        .toList());
        return new Reply.Shown(status, "keys", data);
    }

    /** The answer holds the key, which is stored nowhere: so it is shown in place of a redirect. */
    private Reply make(Ask ask) {
        var body = new HashMap<String, Object>();
        body.put("name", ask.text("name").orElse(""));
        body.put("scopes", ask.all("scope"));
        ask.text("expiresAt").ifPresent(at -> body.put("expiresAt", at));
        var answer = ask.api().post("/keys", body);
        var data = new HashMap<String, Object>();
        if (answer.isGood()) {
            data.put("made", answer.json());
        } else {
            data.put("problem", answer.json());
            data.put("name", ask.text("name").orElse(""));
            data.put("expiresAt", ask.text("expiresAt").orElse(""));
        }
        return list(ask, answer.status(), data);
    }

    private static JsonNode key(Ask ask) {
        return ask.api()
                .get("/keys?limit=500")
                .path("items")
                .valueStream()
                .filter(key -> key.path("id").asText().equals(ask.part()))
                .findFirst()
                .orElseThrow(() -> new Refused(404, "not_found", "There is no key of this id."));
    }

    private Reply revoke(Ask ask) {
        ask.api().delete("/keys/" + Ask.encoded(ask.part())).good();
        return Reply.to(Ask.address("/keys", Map.of(Said.DONE, "key-revoked")));
    }

    private static Map<String, String> scopes() {
        var all = new LinkedHashMap<String, String>();
        all.put("runs:submit", "submit runs");
        all.put("runs:read", "read runs, lanes and workers");
        all.put("runs:operate", "cancel, resume, pause, change lanes");
        all.put("runs:work", "claim runs and work on them");
        all.put("approvals:decide", "approve and deny");
        all.put("keys:manage", "make and revoke keys");
        return all;
    }
}
