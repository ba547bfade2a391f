package dev.holdfast.chaos;

import java.util.Set;

/**
 * One call as its caller saw it.
 *
 * @param who the worker's id, or the name by which another caller knows itself
 * @param run null where it is not known: of a submit, or of a claim, that was not answered
 * @param fence of the owner's claim; 0 of a call without one
 * @param token what tells this call's trace from others': a submit's idempotency key, an approval's id, what a worker's
 *     event carries; null if nothing does, or if it is not known
 * @param sentAt by one clock for all callers of this machine, in nanoseconds; as the next
 * @param endedAt when it was answered or given up
 */
record Call(Kind kind, Outcome outcome, String who, String run, long fence, String token, long sentAt, long endedAt) {

    enum Outcome {
        /** It was done, says the answer. */
        OK,
        /** It was not done, says the answer. */
        REFUSED,
        /** No answer, or one that leaves it open. */
        UNKNOWN
    }

    /** What was asked for, and which events of the run's timeline can tell of it. */
    enum Kind {
        SUBMIT(false, "submitted"),
        CLAIM(false, "claimed"),
        BEAT(true, "started"),
        EVENT(true, "worker.step"),
        COMPLETE(true, "completed"),
        FAIL(true, "failed", "retried"),
        RELEASE(true, "released"),
        SLEEP(true, "suspended"),
        ASK(true, "suspended"),
        REDEEM(true, "redeemed"),
        APPROVE(false, "approved"),
        DENY(false, "denied"),
        CANCEL(false, "cancelled"),
        /** Anything with a run key: OK means that the key was let in. */
        KEY(false);

        /** Whether it is an owner's write, which counts by its fence. */
        final boolean fenced;

        final Set<String> events;

        Kind(boolean fenced, String... events) {
            this.fenced = fenced;
            this.events = Set.of(events);
        }

        /** Whether it ends the claim, and with it the run key. */
        boolean endsClaim() {
            return fenced && this != BEAT && this != EVENT && this != REDEEM;
        }
    }

    boolean is(Kind kind, Outcome outcome) {
        return this.kind == kind && this.outcome == outcome;
    }

    boolean mayHaveHappened() {
        return outcome != Outcome.REFUSED;
    }

    /** Whether this line of the called run's timeline may tell of this call. */
    boolean explains(History.Line line) {
        return kind.events.contains(line.type())
                && (fence == 0 || fence == line.fence())
                && (token == null || kind == Kind.SUBMIT || token.equals(line.token()));
    }

    /** For the pipe from a worker in a process of its own. */
    String written() {
        return String.join(
                "\t",
                kind.name(),
                outcome.name(),
                who,
                String.valueOf(run),
                Long.toString(fence),
                String.valueOf(token),
                Long.toString(sentAt),
                Long.toString(endedAt));
    }

    static Call read(String written) {
        var parts = written.split("\t");
        return new Call(
                Kind.valueOf(parts[0]),
                Outcome.valueOf(parts[1]),
                parts[2],
                nullable(parts[3]),
                Long.parseLong(parts[4]),
                nullable(parts[5]),
                Long.parseLong(parts[6]),
                Long.parseLong(parts[7]));
    }

    private static String nullable(String text) {
        return text.equals("null") ? null : text;
    }
}
