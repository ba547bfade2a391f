package dev.holdfast.console;

import dev.holdfast.platform.problem.Correlation;
import dev.holdfast.platform.problem.ProblemMapper;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** All addresses under {@code /console}: who asks, which page answers, and in what form. */
@WebServlet(
        urlPatterns = {"/console", "/console/*"},
        asyncSupported = true,
        loadOnStartup = 1)
public class Console extends HttpServlet {
    private static final long serialVersionUID = 1;

    static final String BASE = "/console";

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST");

    private final transient Routes routes = new Routes();

    @Inject
    transient Door door;

    @Inject
    transient Assets assets;

    @Inject
    transient Templates templates;

    @Inject
    transient Instance<Routes.Page> pages;

    @Override
    public void init() {
        pages.forEach(page -> page.at(routes));
        assets.base();
        templates.render("knock", Map.of("to", "/"));
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("Referrer-Policy", "same-origin");
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        if (request.getCharacterEncoding() == null) {
            request.setCharacterEncoding(StandardCharsets.UTF_8.name());
        }
        var path = request.getPathInfo() == null ? "" : request.getPathInfo();
        if (path.startsWith("/static/") && assets.send(path, response)) {
            return;
        }
        Session session = null;
        try {
            session = door.session(request, isByHand(path, request)).orElse(null);
            send(answer(path, session, request, response), session, request, response);
        } catch (Refused refused) {
            trouble(refused, session, request, response);
        } catch (RuntimeException e) {
            var problem = ProblemMapper.problem(e, request);
            trouble(new Refused(problem.status(), problem.code(), problem.getMessage()), session, request, response);
        }
    }

    private Reply answer(String path, Session session, HttpServletRequest request, HttpServletResponse response) {
        var method = request.getMethod();
        if (!METHODS.contains(method)) {
            throw new Refused(405, "method_not_allowed", "Pages are read, and forms sent; nothing else is done here.");
        }
        if (path.isEmpty()) {
            return Reply.to("/");
        }
        if (path.equals("/login")) {
            if (method.equals("POST")) {
                door.requireOwnPage(request);
                return door.logIn(request, response);
            }
            return session == null ? door.show(request) : Reply.to("/");
        }
        if (session == null) {
            return path.startsWith("/live")
                    ? new Reply.Shown(401, "knock", Map.of("to", BASE))
                    : door.turnAway(request);
        }
        if (method.equals("POST")) {
            door.requireOwn(request, session);
        }
        if (path.equals("/logout") && method.equals("POST")) {
            return door.logOut(request, response, session);
        }
        var found = routes.find(method.equals("HEAD") ? "GET" : method, path)
                .orElseThrow(() -> new Refused(404, "not_found", "There is no such page."));
        return found.handler().answer(new Ask(request, session, new Api(request, response, session), found.part()));
    }

    private void send(Reply reply, Session session, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (reply instanceof Reply.Redirect redirect) {
            response.setStatus(HttpServletResponse.SC_SEE_OTHER);
            response.setHeader("Location", BASE + redirect.to());
        } else if (reply instanceof Reply.Live live) {
            // What is included may not say so itself
            response.setContentType("text/event-stream");
            response.setHeader("X-Accel-Buffering", "no");
            new Api(request, response, session).follow(live.path());
        } else if (reply instanceof Reply.Raw raw) {
            response.setContentType("application/json");
            response.getOutputStream().write(raw.json().toPrettyString().getBytes(StandardCharsets.UTF_8));
        } else if (reply instanceof Reply.Shown shown) {
            var data = new HashMap<String, Object>(shown.data());
            data.put("page", Frame.around(request, session, BASE + assets.base(), routes));
            var html = templates.render(shown.template(), data).getBytes(StandardCharsets.UTF_8);
            response.setStatus(shown.status());
            response.setContentType("text/html; charset=UTF-8");
            response.setContentLength(html.length);
            response.getOutputStream().write(html);
        }
    }

    private void trouble(Refused refused, Session session, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        var data = Map.of(
                "status", refused.status(),
                "code", refused.code(),
                "detail", refused.getMessage(),
                "correlationId", Correlation.id(request));
        send(new Reply.Shown(refused.status(), "trouble", data), session, request, response);
    }

    /** Rather than by a page that renews itself, which shall not keep alive a session that nobody uses. */
    private static boolean isByHand(String path, HttpServletRequest request) {
        return !path.startsWith("/live") && request.getHeader("X-Renewal") == null;
    }
}
