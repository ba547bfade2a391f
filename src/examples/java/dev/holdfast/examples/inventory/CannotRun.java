package dev.holdfast.examples.inventory;

/** Something is missing that the demonstration needs; the message says what to do, in words for the person who started it. */
final class CannotRun extends Exception {
    private static final long serialVersionUID = 1L;

    CannotRun(String message) {
        super(message);
    }
}
