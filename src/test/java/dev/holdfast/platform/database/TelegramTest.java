package dev.holdfast.platform.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.platform.database.Topic.Kind;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TelegramTest {
    private static final UUID ONE = UUID.randomUUID();
    private static final UUID OTHER = UUID.randomUUID();

    @Test
    void whatIsSentIsRead() {
        var topics = Set.of(
                Topic.work(ONE, "sync"),
                Topic.work(ONE, "a.b-c_d"),
                Topic.work(OTHER, "sync"),
                Topic.room(OTHER, "sync"),
                Topic.events(ONE, UUID.randomUUID()));

        var text = Telegram.of("me", topics);

        assertThat(Telegram.sender(text)).isEqualTo("me");
        assertThat(Telegram.topics(text)).isEqualTo(topics);
    }

    @Test
    void anywhereSaysItAllOfItsKind() {
        var text = Telegram.of("me", Set.of(Kind.ROOM.anywhere(), Topic.room(ONE, "sync"), Topic.work(ONE, "sync")));

        assertThat(Telegram.topics(text)).containsExactlyInAnyOrder(Kind.ROOM.anywhere(), Topic.work(ONE, "sync"));
    }

    @Test
    void ofTooManyRunsTheKindAloneIsToldAndTheLanesAllTheSame() {
        var topics = new HashSet<Topic>(Set.of(Topic.work(ONE, "sync"), Topic.room(OTHER, "sync")));
        IntStream.range(0, 1000).forEach(i -> topics.add(Topic.events(ONE, UUID.randomUUID())));

        assertThat(Telegram.topics(bounded(topics)))
                .containsExactlyInAnyOrder(Topic.work(ONE, "sync"), Topic.room(OTHER, "sync"), Kind.EVENTS.anywhere());
    }

    @Test
    void ofTooManyLanesTheKindAloneIsTold() {
        var topics = new HashSet<Topic>(Set.of(Topic.events(ONE, UUID.randomUUID())));
        IntStream.range(0, 500).forEach(i -> topics.add(Topic.work(ONE, "a-lane-of-some-length-" + i)));

        assertThat(Telegram.topics(bounded(topics)))
                .containsExactlyInAnyOrder(Kind.WORK.anywhere(), Kind.EVENTS.anywhere());
    }

    @Test
    void whatAnotherVersionSaysBesidesIsPassedOver() {
        assertThat(Telegram.topics("me\nWEATHER fine\nWORK 4711 sync\nWORK " + ONE + " sync\n"))
                .containsExactly(Topic.work(ONE, "sync"));
        assertThat(Telegram.topics("")).isEmpty();
    }

    private static String bounded(Set<Topic> topics) {
        var text = Telegram.of("me", topics);
        assertThat(text.length()).isLessThan(8000);
        return text;
    }
}
