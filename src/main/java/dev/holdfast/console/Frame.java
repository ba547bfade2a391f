package dev.holdfast.console;

import dev.holdfast.key.Scope;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is around each page: where else one can go, who one is, and what may be done. */
final class Frame {
    /** In this order; those are shown that there are. */
    private static final Map<String, String> PLACES = all();

    /** What these take, for those who may do it; the others may be read by whoever logs in. */
    private static final Map<String, String> NEEDED = Map.of(
            "/schedules", Scope.OPERATE,
            "/sweeps", Scope.OPERATE,
            "/webhooks", Scope.OPERATE,
            "/keys", Scope.MANAGE_KEYS);

    private Frame() {}

    record Place(String name, String href, boolean current) {}

    /** @param session null if nobody is logged in @param assets where styles and scripts are */
    static Map<String, Object> around(HttpServletRequest request, Session session, String assets, Routes routes) {
        var frame = new HashMap<String, Object>();
        frame.put("static", assets);
        if (session != null) {
            frame.put("person", session.caller().name());
            frame.put("token", session.token());
            frame.put("now", session.now());
            frame.put("origin", origin(request));
            frame.put("may", may(session));
            frame.put("places", places(request, session, routes));
            Said.of(request).ifPresent(said -> frame.put("said", said));
        }
        return frame;
    }

    /** For the commands that pages show: where this browser has found us. */
    private static String origin(HttpServletRequest request) {
        var url = request.getRequestURL();
        return url.substring(0, url.indexOf("/", url.indexOf("://") + 3));
    }

    private static Map<String, Boolean> may(Session session) {
        var caller = session.caller();
        return Map.of(
                "submit", caller.may(Scope.SUBMIT),
                "operate", caller.may(Scope.OPERATE),
                "decide", caller.may(Scope.DECIDE),
                "manageKeys", caller.may(Scope.MANAGE_KEYS));
    }

    private static List<Place> places(HttpServletRequest request, Session session, Routes routes) {
        var path = request.getPathInfo() == null ? "/" : request.getPathInfo();
        var places = new ArrayList<Place>();
        PLACES.forEach((address, name) -> {
            var needed = NEEDED.getOrDefault(address, Scope.READ);
            if (session.caller().may(needed) && routes.find("GET", address).isPresent()) {
                boolean current = address.equals("/") ? path.equals("/") : path.startsWith(address);
                places.add(new Place(name, Console.BASE + address, current));
            }
        });
        return places;
    }

    private static Map<String, String> all() {
        var all = new LinkedHashMap<String, String>();
        all.put("/", "Overview");
        all.put("/runs", "Runs");
        all.put("/approvals", "Approvals");
        all.put("/lanes", "Lanes");
        all.put("/workers", "Workers");
        all.put("/schedules", "Schedules");
        all.put("/sweeps", "Sweeps");
        all.put("/webhooks", "Webhooks");
        all.put("/keys", "Keys");
        return all;
    }
}
