package dev.holdfast.client;

/** There is no key to come with: neither in a variable nor in a file that can be read. */
public final class NoKey extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    NoKey(String file, Throwable cause) {
        super("No key: HOLDFAST_KEY is not set and the file " + file + " cannot be read", cause);
    }
}
