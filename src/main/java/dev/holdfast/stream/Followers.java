package dev.holdfast.stream;

import dev.holdfast.platform.Settings;
import dev.holdfast.platform.problem.Problem;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The streams that are open on this node, by what they are about. */
@ApplicationScoped
class Followers {
    private static final String SOON = "5";

    private final Map<UUID, Set<Stream>> ofSubject = new ConcurrentHashMap<>();
    private final Set<Stream> all = ConcurrentHashMap.newKeySet();
    private final Settings settings;

    protected Followers() { // for the proxy
        this(null);
    }

    @Inject
    Followers(Settings settings) {
        this.settings = settings;
    }

    /** @throws Problem 429 or 503 if there are as many as there may be */
    void requirePlace(UUID tenant) {
        if (all.stream()
                        .filter(stream -> stream.subject().tenant().equals(tenant))
                        .count()
                >= settings.maxStreamsOfTenant()) {
            throw new Problem(
                            429,
                            "too_many_streams",
                            "The tenant has %d streams open here, as many as it may: close one, or try another node."
                                    .formatted(settings.maxStreamsOfTenant()))
                    .header("Retry-After", SOON);
        }
        if (all.size() >= settings.maxStreams()) {
            throw new Problem(503, "node_full", "This node has as many streams open as it may: try another, or later.")
                    .header("Retry-After", SOON);
        }
    }

    /** @throws Problem 429 or 503 if there are as many as there may be */
    synchronized Stream admit(UUID tenant, Supplier<Stream> made) {
        requirePlace(tenant);
        var stream = made.get();
        add(stream);
        return stream;
    }

    private void add(Stream stream) {
        all.add(stream);
        ofSubject.compute(key(stream), (key, streams) -> {
            var more = streams == null ? ConcurrentHashMap.<Stream>newKeySet() : streams;
            more.add(stream);
            return more;
        });
    }

    void remove(Stream stream) {
        all.remove(stream);
        ofSubject.computeIfPresent(key(stream), (key, streams) -> {
            streams.remove(stream);
            return streams.isEmpty() ? null : streams;
        });
    }

    Collection<Stream> all() {
        return all;
    }

    /** Those that an event of this run of this tenant may be of interest to. */
    Set<Stream> of(UUID tenant, UUID run) {
        var streams = new HashSet<>(ofSubject.getOrDefault(run, Set.of()));
        streams.addAll(ofSubject.getOrDefault(tenant, Set.of()));
        return streams;
    }

    private static UUID key(Stream stream) {
        var subject = stream.subject();
        return subject.isRun() ? subject.run() : subject.tenant();
    }
}
