package dev.holdfast.fuzz;

import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/** The dice of one walk: of one seed they always fall alike. */
final class Chance {
    private final SplittableRandom random;

    Chance(long seed) {
        random = new SplittableRandom(seed);
    }

    boolean percent(int percent) {
        return random.nextInt(100) < percent;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    long between(long least, long most) {
        return most == Long.MAX_VALUE ? random.nextLong(least, most) : random.nextLong(least, most + 1);
    }

    <T> T of(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    UUID id() {
        return new UUID(
                random.nextLong() & ~0xF000L | 0x7000L, random.nextLong() & 0x3FFFFFFFFFFFFFFFL | 0x8000000000000000L);
    }
}
