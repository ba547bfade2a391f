package dev.holdfast.platform.json;

import dev.holdfast.platform.problem.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Where a page ended: the sort key of its last item, opaque to callers, so that inserts never shift the next page. */
public final class Cursor {
    private static final String SEPARATOR = "~";

    private final List<String> parts;

    private Cursor(List<String> parts) {
        this.parts = parts;
    }

    public static String of(Object... parts) {
        var text = Arrays.stream(parts).map(Object::toString).collect(Collectors.joining(SEPARATOR));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static Cursor parse(String text) {
        try {
            var decoded = new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8);
            return new Cursor(List.of(decoded.split(SEPARATOR, -1)));
        } catch (IllegalArgumentException e) {
            throw invalid();
        }
    }

    public UUID id(int part) {
        return part(part, Values::id);
    }

    public String text(int part) {
        return part(part, Values::text);
    }

    /** Text from this part on, which may hold what parts are separated by. */
    public String rest(int part) {
        return part(part, first -> Values.text(String.join(SEPARATOR, parts.subList(part, parts.size()))));
    }

    public Instant time(int part) {
        return part(part, Values::time);
    }

    public long number(int part) {
        return part(part, Values::number);
    }

    private <T> T part(int part, Function<String, T> parse) {
        try {
            return parse.apply(parts.get(part));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw invalid();
        }
    }

    private static InvalidRequest invalid() {
        return new InvalidRequest("cursor", "must be a nextCursor of this list");
    }
}
