package dev.holdfast.client;

/** No answer came from Holdfast: it could not be reached, or the connection broke. Whether the call took effect is not known. */
public final class Unreachable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unreachable(String message, Throwable cause) {
        super(message, cause);
    }
}
