package dev.holdfast.console;

import dev.holdfast.key.PeopleLogin;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** Who comes in, and with what: the login, its cookie, and what was typed into a form whose session had ended meanwhile. */
@ApplicationScoped
class Door {
    static final String COOKIE = "holdfast_console";
    static final String TOKEN = "token";

    private static final String KEPT = "kept.";
    private static final Pattern OWN_ADDRESS = Pattern.compile("/console(/[\\x21-\\x7e&&[^\\\\]]*)?");
    private static final Pattern IN_COOKIE = Pattern.compile("([0-9a-f-]{36})\\.([0-9A-Za-z]{43})");

    @Inject
    Sessions sessions;

    @Inject
    PeopleLogin people;

    /** A field of a form that somebody had filled in. */
    record Kept(String name, String value) {}

    Optional<Session> session(HttpServletRequest request, boolean byHand) {
        return cookie(request)
                .map(IN_COOKIE::matcher)
                .filter(matcher -> matcher.matches())
                .flatMap(matcher -> sessions.find(UUID.fromString(matcher.group(1)), matcher.group(2), byHand));
    }

    /** What is shown to somebody who is not logged in, in place of what they asked for. */
    Reply turnAway(HttpServletRequest request) {
        boolean ended = cookie(request).isPresent();
        if (request.getMethod().equals("POST")) {
            return form(401, request.getRequestURI(), kept(request, ""), ended, null);
        }
        if (!ended && "cross-site".equals(request.getHeader("Sec-Fetch-Site"))) {
            // Followed from another site, a link comes without the cookie; from a page of our own it brings it along.
            return Reply.show("knock", Map.of("to", addressOf(request)));
        }
        return form(401, addressOf(request), List.of(), ended, null);
    }

    /** The page for the login, asked for by its own address. */
    Reply show(HttpServletRequest request) {
        return form(200, target(request), List.of(), false, null);
    }

    Reply logIn(HttpServletRequest request, HttpServletResponse response) {
        var name = Optional.ofNullable(request.getParameter("name")).orElse("");
        var password = Optional.ofNullable(request.getParameter("password")).orElse("");
        var kept = kept(request, KEPT);
        try {
            var caller = people.admit(name, password, request, response);
            session(request, false).ifPresent(sessions::end);
            var session = sessions.begin(caller);
            response.addCookie(cookie(request, session.id() + "." + session.secret()));
            return kept.isEmpty()
                    ? Reply.to(target(request).substring("/console".length()))
                    : Reply.show("kept", Map.of("to", target(request), "fields", kept, "token", session.token()));
        } catch (Problem problem) {
            return form(problem.status(), target(request), kept, false, problem.getMessage());
        }
    }

    Reply logOut(HttpServletRequest request, HttpServletResponse response, Session session) {
        sessions.end(session);
        var gone = cookie(request, "");
        gone.setMaxAge(0);
        response.addCookie(gone);
        return Reply.to("/login?out=1");
    }

    /** @throws Refused if a page of another site sends this, or a page of ours that was made for another login */
    void requireOwn(HttpServletRequest request, Session session) {
        requireOwnPage(request);
        if (!session.hasToken(request.getParameter(TOKEN))) {
            throw new Refused(
                    403,
                    "stale_form",
                    "This form was made before your present login. Load its page anew and try again.");
        }
    }

    void requireOwnPage(HttpServletRequest request) {
        var site = request.getHeader("Sec-Fetch-Site");
        var origin = request.getHeader("Origin");
        boolean own = site != null
                ? site.equals("same-origin")
                : origin == null || request.getHeader("Host").equals(authority(origin));
        if (!own) {
            throw new Refused(403, "forbidden", "A page of another site cannot do anything here.");
        }
    }

    private static Reply form(int status, String to, List<Kept> kept, boolean ended, String refusal) {
        var data = new HashMap<String, Object>(Map.of("to", to, "kept", kept, "ended", ended));
        if (refusal != null) {
            data.put("refusal", refusal);
        }
        return new Reply.Shown(status, "login", data);
    }

    private static List<Kept> kept(HttpServletRequest request, String prefix) {
        var kept = new ArrayList<Kept>();
        request.getParameterMap().forEach((name, values) -> {
            if (name.startsWith(prefix) && !name.equals(TOKEN)) {
                Arrays.stream(values).forEach(value -> kept.add(new Kept(name.substring(prefix.length()), value)));
            }
        });
        return kept;
    }

    /** Where to go after the login: to where somebody was, and to no other site. */
    private static String target(HttpServletRequest request) {
        return Optional.ofNullable(request.getParameter("to"))
                .filter(to -> OWN_ADDRESS.matcher(to).matches() && !to.contains("/.") && !to.startsWith("/console/log"))
                .orElse("/console/");
    }

    private static String addressOf(HttpServletRequest request) {
        var query = request.getQueryString();
        return request.getRequestURI() + (query == null ? "" : "?" + query);
    }

    private static Optional<String> cookie(HttpServletRequest request) {
        return Optional.ofNullable(request.getCookies()).stream()
                .flatMap(Arrays::stream)
                .filter(cookie -> cookie.getName().equals(COOKIE))
                .map(Cookie::getValue)
                .findFirst();
    }

    private static Cookie cookie(HttpServletRequest request, String value) {
        var cookie = new Cookie(COOKIE, value);
        cookie.setPath("/console");
        cookie.setHttpOnly(true);
        cookie.setSecure(request.isSecure() || "https".equals(request.getHeader("X-Forwarded-Proto")));
        cookie.setAttribute("SameSite", "Strict");
        return cookie;
    }

    private static String authority(String origin) {
        try {
            return URI.create(origin).getRawAuthority();
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
