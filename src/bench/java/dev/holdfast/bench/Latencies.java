package dev.holdfast.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.LongStream;

/** How long calls took, by kind, each of them kept: exact percentiles, and a minute of it is a few megabytes. */
final class Latencies {
    private final Map<Calls.Kind, LongStream.Builder> open = new EnumMap<>(Calls.Kind.class);
    private final Map<Calls.Kind, long[]> sorted = new EnumMap<>(Calls.Kind.class);

    void add(Calls.Kind kind, long nanos) {
        open.computeIfAbsent(kind, first -> LongStream.builder()).add(nanos);
    }

    /** Ends the other's collecting. */
    void add(Latencies other) {
        for (var kind : Calls.Kind.values()) {
            for (long nanos : other.sorted(kind)) {
                add(kind, nanos);
            }
        }
    }

    int count(Calls.Kind kind) {
        return sorted(kind).length;
    }

    int count() {
        int count = 0;
        for (var kind : Calls.Kind.values()) {
            count += count(kind);
        }
        return count;
    }

    /** @param part 0.99 for what 99 of 100 calls did not exceed; 0 when there was no call */
    double millis(Calls.Kind kind, double part) {
        var nanos = sorted(kind);
        return nanos.length == 0 ? 0 : nanos[(int) Math.ceil(part * nanos.length) - 1] / 1e6;
    }

    private long[] sorted(Calls.Kind kind) {
        return sorted.computeIfAbsent(kind, one -> open.getOrDefault(one, LongStream.builder())
                .build()
                .sorted()
                .toArray());
    }
}
