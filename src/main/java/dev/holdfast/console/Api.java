package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.key.Callers;
import dev.holdfast.platform.RestApi;
import dev.holdfast.platform.json.Json;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** The API, asked within this node by the person who is logged in. */
final class Api {
    private static final String BASE = "/api/v1";

    private final HttpServletRequest request;
    private final HttpServletResponse response;

    Api(HttpServletRequest request, HttpServletResponse response, Session session) {
        this.request = Callers.accompany(request, session.caller());
        this.response = response;
    }

    /** @param path below the base, with its query @throws Refused with what the API says, unless it gives what was asked */
    JsonNode get(String path) {
        return ask("GET", path, null, null).good().json();
    }

    /** Like {@link #get}, with the version, or with the refusal. */
    Answer look(String path) {
        return ask("GET", path, null, null);
    }

    Answer post(String path, Object body) {
        return ask("POST", path, body, null);
    }

    /** @param version that the person has seen; null if any will do */
    Answer post(String path, Object body, String version) {
        return ask("POST", path, body, version);
    }

    Answer put(String path, Object body, String version) {
        return ask("PUT", path, body, version);
    }

    Answer delete(String path) {
        return delete(path, null);
    }

    /** @param version that the person has seen; null if any will do */
    Answer delete(String path, String version) {
        return ask("DELETE", path, null, version);
    }

    /** Hands the browser over to a live stream of the API. */
    void follow(String path) {
        include(
                new InnerRequest(request, "GET", BASE + path, Map.of("Accept", "text/event-stream"), new byte[0]),
                response);
    }

    private Answer ask(String method, String path, Object body, String version) {
        var bytes = body == null ? new byte[0] : Json.write(body).getBytes(StandardCharsets.UTF_8);
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.put("Accept", "application/json");
        if (body != null) {
            headers.put("Content-Type", "application/json");
            headers.put("Content-Length", Integer.toString(bytes.length));
        }
        if (version != null) {
            headers.put("If-Match", '"' + version + '"');
        }
        var reply = new InnerResponse(response);
        include(new InnerRequest(request, method, BASE + path, headers, bytes), reply);
        return Answer.of(reply.getStatus(), reply.bytes(), reply.getHeader("ETag"));
    }

    private void include(InnerRequest asked, HttpServletResponse reply) {
        RequestDispatcher api = request.getServletContext().getNamedDispatcher(RestApi.class.getName());
        try {
            api.include(asked, reply);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ServletException e) {
            throw new IllegalStateException("the API cannot be asked", e);
        }
    }
}
