package dev.holdfast.client;

/** Thrown by a handler: no further attempt can succeed. */
public class PermanentFailure extends Exception {
    private static final long serialVersionUID = 1L;

    private final String code;

    /**
     * @param code short and stable: the run's failure code
     * @param message for people
     */
    public PermanentFailure(String code, String message) {
        super(message);
        this.code = code;
    }

    /** The run's failure code. */
    public String code() {
        return code;
    }
}
