package dev.holdfast.examples.conformance;

/** What happens to one call besides, or instead of, what was asked. {@code status} and {@code retryAfter} are for a refusal. */
record Fault(Kind kind, int status, int retryAfter) {
    enum Kind {
        /** It has its effect, but half of the reply is all that comes. */
        REPLY_LOST,
        /** It comes twice, as by a proxy that repeats; the second one's reply is what the worker sees. */
        TWICE,
        /** It has no effect and is refused for a while. */
        BUSY
    }

    static final Fault REPLY_LOST = new Fault(Kind.REPLY_LOST, 0, 0);
    static final Fault TWICE = new Fault(Kind.TWICE, 0, 0);

    static Fault busy(int status, int retryAfter) {
        return new Fault(Kind.BUSY, status, retryAfter);
    }
}
