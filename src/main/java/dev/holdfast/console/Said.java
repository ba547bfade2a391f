package dev.holdfast.console;

import java.util.Map;
import java.util.Optional;

/** What a page says once of what has just been done: named in the address it leads to, in words that are written here. */
final class Said {
    static final String DONE = "said";

    /** In each, {@code #} is the number that the address has as {@code n}. */
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("cancelled", "Cancelled. Nobody works on this run any more."),
            Map.entry("cancelled-before", "It had ended already; nothing was changed."),
            Map.entry("resumed", "Resumed: the run is queued again."),
            Map.entry("paused", "Paused. The run stays here until somebody resumes it."),
            Map.entry("swept", "Swept. Rows that were moved: #."),
            Map.entry("key-revoked", "Revoked. Whoever holds the key is let in nowhere any more."),
            Map.entry("many-cancelled", "Cancelled: #."),
            Map.entry("many-resumed", "Resumed: #."));

    private Said() {}

    static Optional<String> of(Ask ask) {
        return ask.text(DONE)
                .map(WORDS::get)
                .map(words -> words.replace(
                        "#", ask.text("n").filter(n -> n.matches("\\d{1,7}")).orElse("0")));
    }
}
