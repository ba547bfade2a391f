package dev.holdfast.bench;

import java.util.Arrays;

/** How long calls took, each of them kept: exact percentiles, and a minute of it is a few megabytes. Of one thread. */
final class Latencies {
    private long[] nanos = new long[1 << 10];
    private int count;

    void add(long some) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = some;
    }

    void add(Latencies other) {
        for (int i = 0; i < other.count; i++) {
            add(other.nanos[i]);
        }
    }

    int count() {
        return count;
    }

    /** @param part 0.99 for what 99 of 100 calls did not exceed; 0 when there was no call */
    double millis(double part) {
        var sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return count == 0 ? 0 : sorted[(int) Math.ceil(part * count) - 1] / 1e6;
    }
}
