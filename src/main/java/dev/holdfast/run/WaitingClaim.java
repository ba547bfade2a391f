package dev.holdfast.run;

import dev.holdfast.run.WaitingClaims.Found;
import dev.holdfast.run.WaitingClaims.Wish;
import dev.holdfast.run.WorkerLifecycle.Claim;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** One call's wait for work. Whoever takes it from its seat answers it, so that what it claims is never answered with nothing. */
final class WaitingClaim {
    private static final Found NOTHING = new Found(List.of(), true);

    private final WaitingClaims others;
    private final Wish wish;
    private final CompletableFuture<List<Claim>> reply = new CompletableFuture<>();
    private final WaitingRoom<WaitingClaim>.Ticket ticket;
    private final long until;
    private volatile Future<?> end;

    WaitingClaim(WaitingClaims others, Wish wish) {
        this.others = others;
        this.wish = wish;
        ticket = others.room().arrive(this, wish.places());
        until = System.nanoTime() + wish.patience().toNanos();
    }

    CompletableFuture<List<Claim>> reply() {
        return reply;
    }

    void begin() {
        if (isOver()) {
            asked(false).answer().run();
            return;
        }
        others.waits(this);
        if (others.isHearing() && others.room().isQuiet(ticket)) {
            sit();
        } else {
            asked(false).answer().run();
        }
    }

    /** Takes its turn; whoever is next need not wait until this one is answered. */
    void ask(WaitingRoom<WaitingClaim>.Turn turn) {
        var asked = asked(true);
        others.room().end(turn, asked.more());
        others.letAsk();
        asked.answer().run();
    }

    /** Ends the wait instead of its turn. */
    void dismiss(WaitingRoom<WaitingClaim>.Turn turn) {
        others.room().leave(ticket);
        others.room().end(turn, false);
        answer(List.of());
    }

    /** When the wait is over, or the node is drained. */
    void giveUp() {
        if (others.room().rise(ticket)) {
            answer(List.of());
        }
    }

    void fail(RuntimeException why) {
        if (others.room().rise(ticket)) {
            refuse(why);
        }
    }

    /** @param more whether the others should ask too @param answer what is left to do */
    private record Asked(boolean more, Runnable answer) {}

    /** @param stirred whether there is something in its lanes: who is not even told so, may claim no more */
    private Asked asked(boolean stirred) {
        Found found;
        try {
            found = wish.max() == 0 ? NOTHING : others.take(wish);
        } catch (RuntimeException e) {
            others.room().leave(ticket);
            return new Asked(false, () -> refuse(e));
        }
        boolean more = !found.claims().isEmpty() || stirred && !found.heard();
        if (!more && !isOver()) {
            sit();
            return new Asked(false, () -> {});
        }
        others.room().leave(ticket);
        return new Asked(more, () -> answer(found.claims()));
    }

    private void sit() {
        if (end == null) { // most find work at once, and a clock costs as much as to look for it
            end = others.timer().schedule((Runnable) this::giveUp, until - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
        var unknown = others.room().unknown(ticket);
        others.room().sit(ticket);
        others.lookSoonAt(unknown);
        if (isOver()) { // since it was looked at last
            giveUp();
        } else {
            others.letAsk();
        }
    }

    private boolean isOver() {
        return others.isDraining() || System.nanoTime() - until >= 0;
    }

    private void answer(List<Claim> claims) {
        ended();
        reply.complete(claims);
    }

    private void refuse(RuntimeException why) {
        ended();
        reply.completeExceptionally(why);
    }

    private void ended() {
        others.waitsNoMore(this);
        if (end != null) {
            end.cancel(false);
        }
    }
}
