package dev.holdfast.examples.conformance;

import static dev.holdfast.examples.conformance.Trial.courtesy;
import static dev.holdfast.examples.conformance.Trial.lookingBack;
import static dev.holdfast.examples.conformance.Trial.vital;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.examples.conformance.StagedHoldfast.ClaimCall;
import dev.holdfast.examples.conformance.StagedRun.Word;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** The trials, in the order in which they are played. */
final class Trials {
    static final List<Trial> ALL = List.of(
            vital("completes", "claims with a wait, and completes the run with its fence", Trials::completes),
            vital("beats", "beats while it works, about as often as it is advised", Trials::beats),
            vital("senseless-input", "ends a run that it cannot make sense of, and lives on", Trials::senselessInput),
            courtesy("unknown-members", "passes over members that it does not know", Trials::unknownMembers),
            vital(
                    "told-to-stop",
                    "drops the run when a heartbeat says so, and goes on with others",
                    Trials::toldToStop),
            vital("lease-lost", "drops the run when its lease is lost", Trials::leaseLost),
            vital("frozen", "paused past its lease, does not repeat the late write that is refused", Trials::frozen),
            vital("claim-reply-lost", "asks again when half a reply came", Trials::claimReplyLost),
            vital(
                    "complete-reply-lost",
                    "repeats a complete and takes replayed for success",
                    Trials::completeReplyLost),
            courtesy("claim-doubled", "given the same claim twice, does no harm", Trials::claimDoubled),
            courtesy("complete-doubled", "takes replayed for success at the first try too", Trials::completeDoubled),
            vital("complete-busy", "told 503, completes again", Trials::completeBusy),
            vital("beat-busy", "works on while heartbeats are told 503", Trials::beatBusy),
            courtesy("claim-busy", "asks again no sooner than Retry-After says", Trials::claimBusy),
            courtesy(
                    "empty-at-once",
                    "does not race when claims are answered at once with nothing",
                    Trials::emptyAtOnce),
            vital("slow-network", "completes though each reply comes late and in drops", Trials::slowNetwork),
            vital("stop-at-work", "at SIGTERM hands back what it holds, or ends it, and exits", Trials::stopAtWork),
            vital("stop-while-asking", "at SIGTERM hands back what its last claim brings", Trials::stopWhileAsking),
            lookingBack("secrets", "never shows a key: not in its output, not on a command line", Trials::secrets));

    /** Between two looks at the command lines of the worker's processes. */
    private static final Duration LOOK = Duration.ofMillis(250);

    private static final Duration START = Duration.ofSeconds(90);
    private static final double LONG = 120;

    private final Stage stage;
    private final StagedHoldfast holdfast;
    private final Candidate candidate;
    private final String input;
    private final Duration patience;
    private final AtomicBoolean shown = new AtomicBoolean();
    private final AtomicLong looked = new AtomicLong(System.nanoTime());

    /** @param patience for what should come of itself */
    Trials(Stage stage, Candidate candidate, String input, Duration patience) {
        this.stage = stage;
        this.holdfast = stage.holdfast();
        this.candidate = candidate;
        this.input = input;
        this.patience = patience;
        stage.onCall(this::look);
    }

    private void look() {
        long now = System.nanoTime();
        long last = looked.get();
        if (now - last > LOOK.toNanos() && looked.compareAndSet(last, now) && candidate.shows(holdfast.secrets())) {
            shown.set(true);
        }
    }

    /** Empty if it was passed. A worker that missed it is killed, so that the next trial finds a fresh one. */
    Optional<String> play(Trial trial) throws InterruptedException, IOException {
        try {
            if (trial.live()) {
                start();
            }
            trial.play().on(this);
            return Optional.empty();
        } catch (Missed missed) {
            Optional<String> why =
                    Optional.of(missed.getMessage() + (candidate.isRunning() ? "" : "; " + candidate.end()));
            candidate.close();
            return why;
        } finally {
            stage.clear();
            holdfast.clear();
        }
    }

    /** A worker that does not run is started, and has the time that its language needs until it asks for runs. */
    private void start() throws Missed, InterruptedException, IOException {
        if (!candidate.isRunning()) {
            int before = holdfast.claimCalls().size();
            candidate.start();
            stage.await(
                    "started, it did not ask for a run",
                    START,
                    () -> holdfast.claimCalls().size() > before,
                    candidate::isRunning);
        }
    }

    private StagedRun submit(double seconds) {
        return submit(seconds, "PT0.5S");
    }

    private StagedRun submit(double seconds, String heartbeatEvery) {
        try {
            JsonNode given = Stage.JSON.readTree(input.replace("%s", Double.toString(seconds)));
            return holdfast.submit(given, heartbeatEvery);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void await(String otherwise, BooleanSupplier holds) throws Missed, InterruptedException {
        stage.await(otherwise, patience, holds, candidate::isRunning);
    }

    private static void require(boolean holds, String otherwise) throws Missed {
        if (!holds) {
            throw new Missed(otherwise);
        }
    }

    private void awaitState(StagedRun run, String state) throws Missed, InterruptedException {
        await("the run was not " + state, () -> run.state.equals(state));
    }

    private void awaitBeat(StagedRun run) throws Missed, InterruptedException {
        await("no heartbeat came", () -> !run.words("heartbeat").isEmpty());
    }

    /** A run of a moment is completed: the worker lives. */
    private void goesOn() throws Missed, InterruptedException {
        StagedRun next = submit(0);
        await("the next run was not completed", () -> next.state.equals("completed"));
    }

    private void completes() throws Missed, InterruptedException {
        StagedRun run = submit(0);
        awaitState(run, "completed");
        require(
                holdfast.claimCalls().stream().anyMatch(call -> call.patience().compareTo(Duration.ofSeconds(1)) >= 0),
                "it claims without a wait, so it would have to ask all the time");
    }

    private void beats() throws Missed, InterruptedException {
        StagedRun run = submit(3);
        awaitState(run, "completed");
        int beats = run.words("heartbeat").size();
        require(beats >= 2, "it beat " + beats + " times in 3 s, advised to beat every 0.5 s");
        require(beats <= 60, "it beat " + beats + " times in 3 s, advised to beat every 0.5 s");
    }

    private void senselessInput() throws Missed, InterruptedException {
        StagedRun text = holdfast.submit(TextNode.valueOf("neither this nor that"), "PT0.5S");
        StagedRun nothing = holdfast.submit(null, "PT0.5S");
        await("a run with an unexpected input was left", () -> text.isSettled() && nothing.isSettled());
        goesOn();
    }

    private void unknownMembers() throws Missed, InterruptedException {
        holdfast.chatty(true);
        StagedRun run = submit(1);
        awaitState(run, "completed");
    }

    private void toldToStop() throws Missed, InterruptedException {
        StagedRun run = submit(LONG);
        awaitBeat(run);
        holdfast.cancel(run);
        goesOn();
    }

    private void leaseLost() throws Missed, InterruptedException {
        StagedRun run = submit(LONG);
        awaitBeat(run);
        holdfast.lose(run, "reaped");
        goesOn();
    }

    private void frozen() throws Missed, InterruptedException {
        StagedRun run = submit(1, "PT20S");
        awaitBeat(run);
        candidate.freeze();
        holdfast.lose(run, "reaped");
        candidate.thaw();
        await("its late write did not come", () -> run.words.stream().anyMatch(Word::isRefusal));
        goesOn();
    }

    private void claimReplyLost() throws Missed, InterruptedException {
        stage.spoil("claims", Fault.REPLY_LOST);
        submit(0);
        await("it did not ask for a run", () -> !stage.isSpoilt("claims"));
        goesOn();
    }

    private void completeReplyLost() throws Missed, InterruptedException {
        stage.spoil("complete", Fault.REPLY_LOST);
        StagedRun run = submit(0);
        await("complete was not repeated", () -> run.words("complete").size() > 1);
        goesOn();
        require(run.words("complete").size() <= 3, "it repeated complete though it was told that it is taken");
        settlesOnce(run);
    }

    private void claimDoubled() throws Missed, InterruptedException {
        StagedRun run = submit(0);
        awaitState(run, "completed");
        holdfast.handOutAgain(run);
        goesOn();
        settlesOnce(run);
    }

    private void completeDoubled() throws Missed, InterruptedException {
        stage.spoil("complete", Fault.TWICE);
        StagedRun run = submit(0);
        awaitState(run, "completed");
        goesOn();
        settlesOnce(run);
    }

    private static void settlesOnce(StagedRun run) throws Missed {
        require(
                run.words("fail").isEmpty() && run.words("release").isEmpty(),
                "it said fail or release about a run that it has completed");
    }

    private void completeBusy() throws Missed, InterruptedException {
        stage.spoil("complete", Fault.busy(503, 1));
        StagedRun run = submit(0);
        awaitState(run, "completed");
        settlesOnce(run);
    }

    private void beatBusy() throws Missed, InterruptedException {
        stage.spoil("heartbeat", Fault.busy(503, 1));
        stage.spoil("heartbeat", Fault.busy(503, 1));
        StagedRun run = submit(2.5);
        awaitState(run, "completed");
        require(!stage.isSpoilt("heartbeat"), "it did not beat");
        settlesOnce(run);
    }

    private void claimBusy() throws Missed, InterruptedException {
        stage.spoil("claims", Fault.busy(429, 2));
        holdfast.dismiss();
        goesOn();
        List<ClaimCall> calls = holdfast.claimCalls();
        for (int i = 0; i + 1 < calls.size(); i++) {
            Duration pause =
                    Duration.ofNanos(calls.get(i + 1).at() - calls.get(i).at());
            require(
                    !calls.get(i).refused() || pause.toMillis() >= 1900,
                    "it asked again " + pause.toMillis() + " ms after a Retry-After of 2 s");
        }
    }

    private void emptyAtOnce() throws Missed, InterruptedException {
        int before = holdfast.claimCalls().size();
        holdfast.drain(true);
        Thread.sleep(2000);
        holdfast.drain(false);
        int asked = holdfast.claimCalls().size() - before;
        require(asked <= 40, "it asked " + asked + " times in 2 s");
        goesOn();
    }

    private void slowNetwork() throws Missed, InterruptedException {
        stage.slow(Duration.ofMillis(800));
        StagedRun run = submit(1);
        awaitState(run, "completed");
        settlesOnce(run);
    }

    private void stopAtWork() throws Missed, InterruptedException {
        StagedRun run = submit(LONG);
        awaitBeat(run);
        candidate.terminate();
        await("it did not hand its run back", run::isSettled);
        exits();
    }

    private void stopWhileAsking() throws Missed, InterruptedException {
        await("it did not ask for a run", holdfast::isAskedForRuns);
        candidate.terminate();
        // The signal is on its way, as the claim is: whichever comes first, the run must not be forgotten.
        Thread.sleep(300);
        StagedRun run = submit(LONG);
        exits();
        require(run.claims == 0 || run.isSettled(), "its last claim brought a run, which it forgot");
    }

    private void exits() throws Missed, InterruptedException {
        Duration most = patience.plusSeconds(10); // what its last claim may wait
        require(candidate.endsWithin(most), "it did not exit within " + most.toSeconds() + " s of its SIGTERM");
    }

    private void secrets() throws Missed, InterruptedException {
        require(!shown.get(), "a command line of its processes shows a key");
        try {
            String output = candidate.output();
            require(holdfast.secrets().stream().noneMatch(output::contains), "its output shows a key");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
