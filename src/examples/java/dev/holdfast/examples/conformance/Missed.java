package dev.holdfast.examples.conformance;

/** The worker did not do what the trial waits for; the message says what. */
final class Missed extends Exception {
    private static final long serialVersionUID = 1L;

    Missed(String message) {
        super(message);
    }
}
