package dev.holdfast.console;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;

/** The workers that any node has seen. */
@ApplicationScoped
class WorkersPage implements Routes.Page {
    @Override
    public void at(Routes routes) {
        routes.get(
                "/workers",
                ask -> Reply.show(
                        "workers",
                        Map.of(
                                "workers",
                                ask.api().get(Ask.at("/workers", ask.query(List.of("cursor")))),
                                "isFirst",
                                !ask.has("cursor"))));
    }
}
