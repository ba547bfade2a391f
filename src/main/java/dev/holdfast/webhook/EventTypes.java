package dev.holdfast.webhook;

import dev.holdfast.run.Move;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Which events a webhook wants: types, or how they begin, as in {@code lane_*}, {@code worker.*} and {@code *}. */
record EventTypes(List<String> patterns) {
    /** Beside the moves; the contract lists the same. */
    private static final List<String> OTHERS = List.of(
            "decided",
            "redeemed",
            "tenant_created",
            "tenant_disabled",
            "tenant_enabled",
            "key_created",
            "key_revoked",
            "lane_created",
            "lane_replaced",
            "lane_paused",
            "lane_unpaused",
            "lane_limited",
            "sweep_ordered",
            "reaper_paused",
            "reaper_unpaused",
            "runs_removed",
            "database_restored",
            "webhook_created",
            "webhook_deleted",
            "webhook_disabled",
            "webhook_enabled",
            "webhook_replayed",
            "webhook_secret_rotated");

    private static final Set<String> KNOWN = known();
    private static final Pattern OF_WORKERS = Pattern.compile("worker\\.[a-z0-9_.-]{0,60}");

    static Set<String> known() {
        var all = new HashSet<>(OTHERS);
        Arrays.stream(Move.values()).map(Move::eventType).forEach(all::add);
        return all;
    }

    /** Whether any event could ever be of it. */
    static boolean isSensible(String pattern) {
        if (!pattern.endsWith("*")) {
            return KNOWN.contains(pattern) || OF_WORKERS.matcher(pattern).matches() && !pattern.endsWith(".");
        }
        var prefix = beginning(pattern);
        return KNOWN.stream().anyMatch(type -> type.startsWith(prefix))
                || "worker.".startsWith(prefix)
                || OF_WORKERS.matcher(prefix).matches();
    }

    boolean include(String type) {
        return patterns.stream()
                .anyMatch(
                        pattern -> pattern.endsWith("*") ? type.startsWith(beginning(pattern)) : type.equals(pattern));
    }

    private static String beginning(String pattern) {
        return pattern.substring(0, pattern.length() - 1);
    }
}
