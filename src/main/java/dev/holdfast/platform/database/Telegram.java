package dev.holdfast.platform.database;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import dev.holdfast.platform.database.Topic.Kind;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Topics as the nodes tell them to one another: the sender on the first line, then a line for each kind and tenant with its
 * keys, or the kind alone for anywhere. PostgreSQL carries less than 8000 bytes: of more topics, only the kind is told.
 */
final class Telegram {
    private static final int MOST_CHARACTERS = 7900; // all of them ASCII

    private static final Pattern LINE = Pattern.compile(
            "(WORK|LATER|ROOM|EVENTS)(?: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})((?: [\\w.-]+)+))?");

    private Telegram() {}

    static String of(String sender, Collection<Topic> topics) {
        var all = text(sender, topics);
        if (all.length() <= MOST_CHARACTERS) {
            return all;
        }
        // The runs are many, the lanes are few.
        var fewer = text(sender, blurred(topics, Set.of(Kind.EVENTS)));
        return fewer.length() <= MOST_CHARACTERS ? fewer : text(sender, blurred(topics, Set.of(Kind.values())));
    }

    static String sender(String text) {
        return text.lines().findFirst().orElse("");
    }

    /** What a node of another version says, or a stranger, and this one does not know, is passed over. */
    static Set<Topic> topics(String text) {
        return text.lines()
                .skip(1)
                .map(LINE::matcher)
                .filter(Matcher::matches)
                .flatMap(Telegram::read)
                .collect(toSet());
    }

    private static Stream<Topic> read(Matcher line) {
        var kind = Kind.valueOf(line.group(1));
        if (line.group(2) == null) {
            return Stream.of(kind.anywhere());
        }
        var tenant = UUID.fromString(line.group(2));
        return Arrays.stream(line.group(3).strip().split(" ")).map(key -> new Topic(kind, tenant, key));
    }

    private static String text(String sender, Collection<Topic> topics) {
        var anywhere =
                topics.stream().filter(Topic::isAnywhere).map(Topic::kind).collect(toSet());
        var lines = topics.stream()
                .filter(topic -> topic.isAnywhere() || !anywhere.contains(topic.kind()))
                .collect(groupingBy(Telegram::head, TreeMap::new, mapping(Telegram::tail, joining())));
        return lines.entrySet().stream()
                .map(line -> "\n" + line.getKey() + line.getValue())
                .collect(joining("", sender, ""));
    }

    private static String head(Topic topic) {
        return topic.isAnywhere() ? topic.kind().name() : topic.kind() + " " + topic.tenant();
    }

    private static String tail(Topic topic) {
        return topic.isAnywhere() ? "" : " " + topic.key();
    }

    private static Set<Topic> blurred(Collection<Topic> topics, Set<Kind> kinds) {
        return topics.stream()
                .map(topic -> kinds.contains(topic.kind()) ? topic.kind().anywhere() : topic)
                .collect(toSet());
    }
}
