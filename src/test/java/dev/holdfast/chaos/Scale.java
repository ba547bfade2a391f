package dev.holdfast.chaos;

/** How much of a fault is made: a little in each build, all of it with {@code -Pchaos}. */
final class Scale {
    private static final boolean FULL = Boolean.getBoolean("holdfast.chaos.full");

    private Scale() {}

    static boolean isFull() {
        return FULL;
    }

    static int of(int little, int full) {
        return FULL ? full : little;
    }

    static String name() {
        return FULL ? "full" : "short";
    }
}
