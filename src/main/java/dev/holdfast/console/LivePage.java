package dev.holdfast.console;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** The API's live events, for pages that renew themselves: to read, with the console's cookie, and nothing else. */
@ApplicationScoped
class LivePage implements Routes.Page {
    private static final List<String> PARAMETERS = List.of("lane", "type", "after");

    @Override
    public void at(Routes routes) {
        routes.get("/live", ask -> {
                    var query = ask.query(PARAMETERS);
                    return new Reply.Live("/events" + (query.isEmpty() ? "" : "?" + query));
                })
                .get("/live/*", ask -> {
                    var after = ask.query(List.of("after"));
                    return new Reply.Live(
                            "/runs/" + Ask.encoded(ask.part()) + "/events" + (after.isEmpty() ? "" : "?" + after));
                });
    }
}
