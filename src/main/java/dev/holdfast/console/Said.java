package dev.holdfast.console;

import jakarta.servlet.http.HttpServletRequest;
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
            Map.entry("many-resumed", "Resumed: #."),
            Map.entry("approved", "Approved. The run goes on with your word."),
            Map.entry("approved-more", "Your approval counts. Still missing: #."),
            Map.entry("denied", "Denied. The run is told so, with your reason."),
            Map.entry("many-approved", "Approved: #."),
            Map.entry("many-denied", "Denied: #."),
            Map.entry("lane-created", "The lane is there."),
            Map.entry("lane-saved", "Saved. From now on the lane judges by this policy."),
            Map.entry("lane-paused", "Paused. Nothing more of this lane is claimed; what is in flight goes on."),
            Map.entry("lane-unpaused", "Unpaused. What waits in the lane can be claimed again."),
            Map.entry("schedule-created", "The schedule is there."),
            Map.entry("schedule-saved", "Saved."),
            Map.entry("schedule-enabled", "Enabled. It fires again from now on."),
            Map.entry("schedule-disabled", "Disabled. It makes no more runs until it is enabled."),
            Map.entry("schedule-run", "A run was made; it is the last run below."),
            Map.entry("schedule-deleted", "Deleted. Its runs stay."),
            Map.entry("webhook-enabled", "Enabled. It goes on where it ended."),
            Map.entry("webhook-disabled", "Disabled. Nothing is sent until it is enabled."),
            Map.entry("webhook-replayed", "It is sent again; see the deliveries below."),
            Map.entry("webhook-moved", "All that came after it is sent again."),
            Map.entry("webhook-deleted", "Deleted. Nothing more is sent to it."));

    private Said() {}

    static Optional<String> of(HttpServletRequest request) {
        var n = request.getParameter("n");
        var number = n != null && n.matches("\\d{1,7}") ? n : "0";
        return Optional.ofNullable(request.getParameter(DONE)).map(WORDS::get).map(words -> words.replace("#", number));
    }
}
