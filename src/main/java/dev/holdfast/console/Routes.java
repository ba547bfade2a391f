package dev.holdfast.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which page answers at which address below {@code /console}. */
final class Routes {
    private final List<Route> routes = new ArrayList<>();

    /** Answers what was asked. */
    @FunctionalInterface
    interface Handler {
        Reply answer(Ask ask);
    }

    /** What a page knows of itself. */
    interface Page {
        void at(Routes routes);
    }

    private record Route(String method, Pattern path, Handler handler) {}

    /** @param part what stands in the address where the route has {@code *}; null if it has none */
    record Found(Handler handler, String part) {}

    /** @param path may hold one {@code *}, for a part without a slash */
    Routes get(String path, Handler handler) {
        return add("GET", path, handler);
    }

    Routes post(String path, Handler handler) {
        return add("POST", path, handler);
    }

    Optional<Found> find(String method, String path) {
        for (var route : routes) {
            var matcher = route.path().matcher(path);
            if (route.method().equals(method) && matcher.matches()) {
                return Optional.of(new Found(route.handler(), part(matcher)));
            }
        }
        return Optional.empty();
    }

    private static String part(Matcher matcher) {
        return matcher.groupCount() == 0 ? null : matcher.group(1);
    }

    // Whole addresses before those with a part left open, /runs/confirm before /runs/*: pages come in no order.
    private Routes add(String method, String path, Handler handler) {
        var pattern = Pattern.compile(Pattern.quote(path).replace("*", "\\E([^/]+)\\Q"));
        routes.add(path.indexOf('*') < 0 ? 0 : routes.size(), new Route(method, pattern, handler));
        return this;
    }
}
