package dev.holdfast.platform.json;

import dev.holdfast.platform.problem.InvalidRequest;
import dev.holdfast.platform.problem.InvalidRequest.Violation;
import dev.holdfast.platform.problem.Problem;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/** The query parameters of a call, as strict as a body: unknown ones are refused by name, values are checked. */
public final class Query {
    private static final int DEFAULT_LIMIT = 50;
    private static final int MOST = 500;

    private final MultivaluedMap<String, String> given;

    private Query(MultivaluedMap<String, String> given) {
        this.given = given;
    }

    /** @throws InvalidRequest naming each parameter that is not among the known ones */
    public static Query of(UriInfo uri, String... known) {
        var given = uri.getQueryParameters();
        var unknown = given.keySet().stream()
                .filter(name -> !Set.of(known).contains(name))
                .map(name -> new Violation(name.isEmpty() ? "(no name)" : name, "is not a parameter of this call"))
                .toList();
        if (!unknown.isEmpty()) {
            throw new InvalidRequest(unknown);
        }
        return new Query(given);
    }

    /** An id of a path: what is no UUID is as unknown as any other. */
    public static UUID id(String kind, String text) {
        try {
            return Values.id(text);
        } catch (IllegalArgumentException e) {
            throw new Problem(404, "not_found", "There is no such " + kind + ".");
        }
    }

    public Optional<String> text(String name) {
        return parsed(name, "must be given once, not empty and without U+0000", Values::text);
    }

    public <T> Optional<T> parsed(String name, String expected, Function<String, T> parse) {
        var values = given.getOrDefault(name, List.of());
        if (values.isEmpty()) {
            return Optional.empty();
        }
        if (values.size() > 1 || values.get(0).isEmpty()) {
            throw new InvalidRequest(name, expected);
        }
        return Optional.of(parse(name, values.get(0), expected, parse));
    }

    /** All values of a parameter that may be repeated or hold several, parted by commas. */
    public <T> List<T> all(String name, String expected, Function<String, T> parse) {
        return given.getOrDefault(name, List.of()).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(value -> parse(name, value, expected, parse))
                .toList();
    }

    /** All values of a parameter that may be repeated. */
    public <T> List<T> repeated(String name, String expected, Function<String, T> parse) {
        return given.getOrDefault(name, List.of()).stream()
                .map(value -> parse(name, value, expected, parse))
                .toList();
    }

    public int limit() {
        return limit(DEFAULT_LIMIT);
    }

    public int limit(int standard) {
        return parsed("limit", "must be a whole number from 1 to " + MOST, text -> {
                    // parseInt alone would take signs and the digits of every script
                    int limit = text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : 0;
                    if (limit < 1 || limit > MOST) {
                        throw new IllegalArgumentException();
                    }
                    return limit;
                })
                .orElse(standard);
    }

    /** A whole number that is not negative. */
    public Optional<Long> number(String name) {
        return parsed(name, "must be a whole number of at most 18 digits", Values::number);
    }

    public Optional<Cursor> cursor() {
        return text("cursor").map(Cursor::parse);
    }

    private static <T> T parse(String name, String value, String expected, Function<String, T> parse) {
        try {
            return parse.apply(value);
        } catch (IllegalArgumentException e) {
            throw new InvalidRequest(name, expected);
        }
    }
}
