package dev.holdfast.platform.problem;

import dev.holdfast.platform.json.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The one form in which a problem leaves, from JAX-RS, filters and the container alike. */
public final class Replies {
    public static final String MEDIA_TYPE = "application/problem+json";

    private Replies() {}

    /** The problem's members, completed with where it happened and the call's correlation id. */
    public static Map<String, Object> body(Problem problem, HttpServletRequest request) {
        var members = problem.members();
        members.put("instance", instance(request));
        members.put("correlationId", Correlation.id(request));
        return members;
    }

    /** The problem of an item within a reply; null if there is none. */
    public static Map<String, Object> item(Problem problem, HttpServletRequest request) {
        return problem == null ? null : body(problem, request);
    }

    /** Writes the problem as the whole reply. */
    public static void write(Problem problem, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        var bytes = Json.write(body(problem, request)).getBytes(StandardCharsets.UTF_8);
        response.setStatus(problem.status());
        problem.headers().forEach(response::setHeader);
        response.setHeader(Correlation.HEADER, Correlation.id(request));
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Cache-Control", "no-store");
        response.setContentType(MEDIA_TYPE);
        response.setContentLength(bytes.length);
        response.getOutputStream().write(bytes);
    }

    private static String instance(HttpServletRequest request) {
        var original = request.getAttribute("jakarta.servlet.error.request_uri");
        var asked = original == null ? request.getRequestURI() : original.toString();
        try {
            return new URI(asked).toASCIIString();
        } catch (URISyntaxException e) {
            return quoted(asked);
        }
    }

    // What no URI may hold, the container lets through here and there.
    private static String quoted(String asked) {
        try {
            return new URI(null, null, asked, null).toASCIIString();
        } catch (URISyntaxException e) {
            return "/";
        }
    }
}
