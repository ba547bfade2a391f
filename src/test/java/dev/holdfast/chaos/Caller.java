package dev.holdfast.chaos;

import dev.holdfast.chaos.Call.Kind;
import dev.holdfast.chaos.Call.Outcome;
import dev.holdfast.testkit.Api;
import dev.holdfast.testkit.Reply;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;

/** One client with a name: it writes down each call, and goes to the next node when one does not answer. */
final class Caller {
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

    private final String who;
    private final List<Api> doors;
    private final Notes notes;
    private final BooleanSupplier over;
    private final Random dice;
    private int door;

    Caller(String who, List<Api> doors, Notes notes, BooleanSupplier over, long seed) {
        this.who = who;
        this.doors = doors.stream().map(api -> api.within(PATIENCE)).toList();
        this.notes = notes;
        this.over = over;
        this.dice = new Random(seed);
        this.door = dice.nextInt(doors.size());
    }

    /** @param reply null if none came */
    record Answer(Outcome outcome, Reply reply, long sentAt, long endedAt) {
        boolean isOk() {
            return outcome == Outcome.OK;
        }

        Answer but(Outcome other) {
            return new Answer(other, reply, sentAt, endedAt);
        }
    }

    String who() {
        return who;
    }

    boolean over() {
        return over.getAsBoolean();
    }

    boolean chance(double share) {
        return dice.nextDouble() < share;
    }

    /** One call, not written down. */
    Answer ask(Function<Api, Reply> call) {
        long sentAt = System.nanoTime();
        try {
            var reply = call.apply(doors.get(door));
            return heard(reply, sentAt);
        } catch (UncheckedIOException unanswered) {
            return gone(new Answer(Outcome.UNKNOWN, null, sentAt, System.nanoTime()));
        }
    }

    /** One call again and again until it is answered, each try written down. @param done whether a good answer says so */
    Answer insist(Kind kind, String run, long fence, String token, Predicate<Reply> done, Function<Api, Reply> call) {
        for (; ; ) {
            var answer = ask(call);
            if (answer.isOk() && !done.test(answer.reply)) {
                answer = answer.but(Outcome.REFUSED);
            }
            note(kind, answer, run, fence, token);
            if (answer.outcome != Outcome.UNKNOWN || over()) {
                return answer;
            }
        }
    }

    void note(Kind kind, Answer answer, String run, long fence, String token) {
        notes.add(new Call(kind, answer.outcome, who, run, fence, token, answer.sentAt, answer.endedAt));
    }

    /** Between two tries, as a careful client has it. */
    void pause() {
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    private Answer heard(Reply reply, long sentAt) {
        int status = reply.status();
        var outcome = status < 300 ? Outcome.OK : status < 500 ? Outcome.REFUSED : Outcome.UNKNOWN;
        var answer = new Answer(outcome, reply, sentAt, System.nanoTime());
        if (status == 503) {
            notes.unavailable(who + " at node " + door + " at " + Instant.now() + ": " + reply.text());
        } else if (status >= 500) {
            notes.breach(who + " was answered " + status + ": " + reply.text());
        }
        return outcome == Outcome.UNKNOWN ? gone(answer) : answer;
    }

    private Answer gone(Answer answer) {
        door = (door + 1) % doors.size();
        pause();
        return answer;
    }
}
