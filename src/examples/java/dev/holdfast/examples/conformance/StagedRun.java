package dev.holdfast.examples.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One run of a trial, and all that the worker said about it. Guarded by its stage. */
final class StagedRun {
    /** How long a word may still be under way when the refusal of another one is given. */
    private static final long CROSSING = Duration.ofMillis(400).toNanos();

    /** A word of the worker's. {@code by} is whose key; {@code at} and {@code answered} are of {@link System#nanoTime}. */
    record Word(String what, String by, JsonNode body, int status, boolean stop, long at, long answered) {
        boolean isEnd() {
            return !what.equals("heartbeat") && !what.equals("events");
        }

        boolean isRefusal() {
            return status == 401 || status == 409 || stop;
        }
    }

    final String id;
    final JsonNode input;
    final String heartbeatEvery;
    final String key;
    final List<Word> words = new ArrayList<>();
    String state = "queued";
    long fence;
    long claimsFence;
    int claims;
    String workerId;
    String lostBecause;
    boolean stopped;

    StagedRun(String id, JsonNode input, String heartbeatEvery, String key) {
        this.id = id;
        this.input = input;
        this.heartbeatEvery = heartbeatEvery;
        this.key = key;
    }

    boolean isHeld() {
        return state.equals("claimed") || state.equals("running");
    }

    boolean isSettled() {
        return state.equals("completed") || state.equals("failed") || state.equals("released");
    }

    List<Word> words(String what) {
        return words.stream().filter(word -> word.what().equals(what)).toList();
    }

    /** What was said though the worker had been told that the run is not its own any more. */
    Optional<String> disobedience() {
        return words.stream()
                .filter(word -> word.isRefusal() && !isOfAnEndedClaim(word))
                .findFirst()
                .flatMap(told -> words.stream()
                        .filter(word -> word.at() > told.answered() + CROSSING)
                        .filter(word -> !asksWithItsOwnKey(told, word))
                        .findFirst()
                        .map(word -> "it said " + word.what() + " about the run, "
                                + Duration.ofNanos(word.at() - told.answered()).toMillis() + " ms after it was told "
                                + (told.stop() ? "to stop" : told.status() + " to its " + told.what())));
    }

    /** A beat that comes after the worker's own end says nothing of it: its reply may still be under way, or lost. */
    private boolean isOfAnEndedClaim(Word word) {
        return isSettled() && !word.isEnd() && word.status() == 401;
    }

    /** The run's key dies with the claim: whether an end was taken, only the worker's own key can ask. */
    private static boolean asksWithItsOwnKey(Word told, Word word) {
        return told.isEnd()
                && told.status() == 401
                && word.what().equals(told.what())
                && word.by().equals("worker");
    }
}
