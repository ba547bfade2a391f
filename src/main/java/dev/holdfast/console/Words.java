package dev.holdfast.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.platform.json.Json;
import io.quarkus.qute.CompletedStage;
import io.quarkus.qute.EvalContext;
import io.quarkus.qute.ValueResolver;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;

/** How a template has a value said: {@code run.id.short}, {@code run.submittedAt.utc}, {@code lane.claimTimeout.long}. */
final class Words implements ValueResolver {
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("d MMM HH:mm", Locale.ENGLISH).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter EXACT = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd HH:mm:ss.SSS", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private static final Map<String, Function<Object, Object>> KNOWN = Map.ofEntries(
            word("short", value -> shortened(text(value))),
            word("day", value -> DAY.format(Instant.parse(text(value)))),
            word("utc", value -> EXACT.format(Instant.parse(text(value))) + " UTC"),
            word("long", value -> span(Duration.parse(text(value)))),
            word("words", value -> text(value).replace('_', ' ')),
            word("grouped", value -> String.format(Locale.ENGLISH, "%,d", ((Number) value).longValue())),
            word("pretty", Words::pretty),
            word("lastSign", Words::lastSign),
            word("pairs", Words::pairs),
            word("encoded", value -> Ask.encoded(text(value))));

    private static Map.Entry<String, Function<Object, Object>> word(String name, Function<Object, Object> says) {
        return Map.entry(name, says);
    }

    static boolean isKnown(String name) {
        return KNOWN.containsKey(name);
    }

    @Override
    public boolean appliesTo(EvalContext context) {
        return context.getBase() != null && context.getParams().isEmpty() && isKnown(context.getName());
    }

    @Override
    public CompletionStage<Object> resolve(EvalContext context) {
        return CompletedStage.of(KNOWN.get(context.getName()).apply(context.getBase()));
    }

    static String text(Object value) {
        if (value instanceof JsonNode node) {
            return node.isValueNode() ? node.asText() : Json.write(node);
        }
        return value == null || value.toString().equals("NOT_FOUND") ? "" : value.toString();
    }

    /** The end of an id: its beginning is the time, and alike in all of today's. */
    private static String shortened(String id) {
        return id.length() == 36 ? id.substring(28) : id;
    }

    /** When a run was last heard of. */
    private static Object lastSign(Object run) {
        return Stream.of("endedAt", "lastHeartbeatAt", "claimedAt")
                .map(name -> Members.plain(((JsonNode) run).get(name)))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static Object pairs(Object object) {
        return ((JsonNode) object)
                .properties().stream()
                        .map(member -> Json.tree(Map.of("name", member.getKey(), "value", member.getValue())))
                        .toList();
    }

    private static String pretty(Object value) {
        return value instanceof JsonNode node ? Legible.of(node) : Legible.of(Json.tree(value));
    }

    /** The two largest parts: 2 h 5 min. */
    static String span(Duration duration) {
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            return duration.isZero() || duration.isNegative() ? "0 s" : duration.toMillis() + " ms";
        }
        long[] parts = {duration.toDays(), duration.toHoursPart(), duration.toMinutesPart(), duration.toSecondsPart()};
        String[] units = {"d", "h", "min", "s"};
        var said = new StringBuilder();
        for (int i = 0, shown = 0; i < parts.length && shown < 2; i++) {
            if (parts[i] > 0) {
                said.append(said.isEmpty() ? "" : " ")
                        .append(parts[i])
                        .append(' ')
                        .append(units[i]);
            }
            shown += shown > 0 || parts[i] > 0 ? 1 : 0;
        }
        return said.toString();
    }
}
