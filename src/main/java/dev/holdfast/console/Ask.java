package dev.holdfast.console;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/** What somebody asks of a page. @param part see {@link Routes.Found} @param api as the person who asks */
record Ask(HttpServletRequest http, Session session, Api api, String part) {

    /** Of the address or the form; empty if it is blank, as fields are that nobody has filled in. */
    Optional<String> text(String name) {
        return Optional.ofNullable(http.getParameter(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Each that is not blank. */
    List<String> all(String name) {
        var values = http.getParameterValues(name);
        return values == null
                ? List.of()
                : Arrays.stream(values)
                        .map(String::strip)
                        .filter(value -> !value.isEmpty())
                        .toList();
    }

    /** What was typed into these fields, as it was typed; not those that the form lacks. */
    Map<String, String> typed(List<String> names) {
        return names.stream()
                .filter(name -> http.getParameter(name) != null)
                .collect(Collectors.toMap(name -> name, http::getParameter));
    }

    boolean has(String name) {
        return text(name).isPresent();
    }

    boolean may(String scope) {
        return session.caller().may(scope);
    }

    /** The parameters of these names, as the query of an address without its mark. */
    String query(List<String> names) {
        var query = new StringJoiner("&");
        names.forEach(name -> all(name).forEach(value -> query.add(name + "=" + encoded(value))));
        return query.toString();
    }

    /** An address with a query that may be empty. */
    static String at(String path, String query) {
        return query.isEmpty() ? path : path + "?" + query;
    }

    /** An address with such parameters. @param parameters null values are left out */
    static String address(String path, Map<String, ?> parameters) {
        var query = new StringJoiner("&", path.contains("?") ? "&" : "?", "").setEmptyValue("");
        parameters.forEach((name, value) -> {
            if (value != null) {
                query.add(name + "=" + encoded(value.toString()));
            }
        });
        return path + query;
    }

    /** A part of an address: a slash in it is no slash of the path. */
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
